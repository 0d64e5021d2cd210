// Runs before the first paint, so that a chosen theme does not flash. The toggle is in theme.js.
try {
  const chosen = localStorage.getItem("mien-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is switched off: the system's theme it is.
}

// Light or dark: the system's choice, or the reader's own.

import { relabel } from "./dom.js";

const NEXT = { auto: "dark", dark: "light", light: "auto" };
const SAID = {
  auto: "Theme: as the system has it. Change to dark",
  dark: "Theme: dark. Change to light",
  light: "Theme: light. Change to the system's",
};
const system = matchMedia("(prefers-color-scheme: dark)");
const watchers = new Set();

/** True while the page is dark. */
export function isDark() {
  return (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
}

/** Call `redraw` whenever the colours change; gives a function that ends this. */
export function onTheme(redraw) {
  watchers.add(redraw);
  return () => watchers.delete(redraw);
}

/** Make the button in the header work. */
export function startTheme(button) {
  show(button, document.documentElement.dataset.theme ?? "auto");
  button.addEventListener("click", () => choose(button));
  system.addEventListener("change", tell);
}

function choose(button) {
  const root = document.documentElement;
  const theme = NEXT[root.dataset.theme ?? "auto"];
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    localStorage.setItem("mien-theme", theme);
  } catch {
    // Storage is switched off: the choice holds until the page is closed.
  }
  show(button, theme);
  tell();
}

function show(button, theme) {
  relabel(button, `theme-${theme}`, SAID[theme]);
}

function tell() {
  for (const redraw of watchers) redraw();
}

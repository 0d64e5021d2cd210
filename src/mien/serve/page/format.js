// Numbers, times and names as people read them.

/** 12.5 s, 1:05 or 1:00:05. */
export function clock(seconds) {
  if (seconds < 59.95) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** 0:03.2 or 1:00:03.2: always the same width within a clip, for what changes while it plays. */
export function stamp(seconds) {
  const tenths = Math.floor(seconds * 10 + 1e-6);
  const [hours, minutes] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60];
  const rest = `${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** 72%; a half goes to the even number, as in the report. */
export function percent(share) {
  const [exact, whole] = [100 * share, Math.round(100 * share)];
  return `${exact % 1 === 0.5 ? whole - (whole % 2) : whole}%`;
}

/** 1.5 MB, in powers of 1024 as file managers count. */
export function bytes(count) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let k = 0;
  for (; count >= 1024 && k < units.length - 1; k++) count /= 1024;
  return `${Number(count.toFixed(k && count < 10 ? 1 : 0))} ${units[k]}`;
}

/** "2 hours", for a length of time in seconds. */
export function roughly(seconds) {
  const units = [
    ["day", 86400],
    ["hour", 3600],
    ["minute", 60],
    ["second", 1],
  ];
  const [name, size] = units.find(([, size]) => seconds >= 1.5 * size) ?? ["second", 1];
  const count = Math.max(1, Math.round(seconds / size));
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

/** "just now", "5 minutes ago". */
export function ago(time) {
  const seconds = (Date.now() - Date.parse(time)) / 1000;
  return seconds < 20 ? "just now" : `${roughly(seconds)} ago`;
}

/** Labels and branches are called what the model calls them; only the spelling is made friendly. */
export function friendly(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** "face and voice"; of many, how many there are. */
export function together(names) {
  if (names.length > 3) return `all ${names.length} branches`;
  const words = names.map((name) => name.replaceAll("_", " "));
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

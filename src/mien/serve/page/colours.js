// The colour of each label: the server's, lightened where a dark page would swallow it.

import { isDark, onTheme } from "./theme.js";

const FURTHER = ["#84ca68", "#e67622", "#7614e6", "#caa092", "#685a68", "#a03030", "#8468f4", "#4c3ebc"];
const DARK_PLATE = [27, 31, 38];
const LEAST = 3.6; // contrast with the plate (WCAG 2)
const base = new Map();

/** Take {label: "#rrggbb"} from /v1/info. */
export function useColours(colours) {
  for (const [label, code] of Object.entries(colours)) base.set(label, code);
  publish();
}

onTheme(publish);

/** A CSS value for elements; follows the theme by itself. */
export function tint(label) {
  known(label);
  return `var(--label-${[...base.keys()].indexOf(label)})`;
}

/** "rgb(...)" for drawings, in the present theme. */
export function hue(label) {
  const rgb = channels(known(label));
  return css(isDark() ? lifted(rgb) : rgb);
}

/** Black or white, whichever is easier to read on a label's colour. */
export function inkOn(label) {
  const rgb = channels(known(label));
  return luminance(isDark() ? lifted(rgb) : rgb) > 0.18 ? "#14161a" : "#fff";
}

/** Answers of another model may have labels that this server's model does not. */
function known(label) {
  if (!base.has(label)) {
    base.set(label, FURTHER[base.size % FURTHER.length]);
    publish();
  }
  return base.get(label);
}

function publish() {
  [...base.keys()].forEach((label, k) => {
    document.documentElement.style.setProperty(`--label-${k}`, hue(label));
  });
}

function channels(code) {
  return [1, 3, 5].map((at) => parseInt(code.slice(at, at + 2), 16));
}

function css(rgb) {
  return `rgb(${rgb.join(" ")})`;
}

function lifted(rgb) {
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = rgb.map((value) => Math.round(value + share * (255 - value)));
    const contrast = (luminance(mixed) + 0.05) / (luminance(DARK_PLATE) + 0.05);
    if (contrast >= LEAST) return mixed;
  }
  return rgb;
}

function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

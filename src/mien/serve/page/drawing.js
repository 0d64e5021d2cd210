// What is painted on canvases: the chart, curves, the waveform, strips and face boxes.

import { windowAt } from "./cells.js";
import { hue, inkOn } from "./colours.js";
import { percent } from "./format.js";
import { boxAt } from "./tracks.js";

const FONT = "600 12px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
const SPEECH = 4; // px: height of the line where a person speaks
const PLATE = 21; // px: height of a plate
const EDGED = 3; // px of a cell below which areas have no edges
const PLAIN = "#c5cad3"; // of a face about which nothing is said

/** Make a canvas as sharp as the screen; gives its context, in CSS pixels, and its size. */
export function sharp(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/** A colour of the page's style, for use in a drawing. */
function ink(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Probabilities over time, stacked to one; a gap where there was nothing to go by. */
export function drawStacked(canvas, parts, seconds, labels) {
  const { context, width, height } = sharp(canvas);
  const x = (time) => (width * time) / seconds;
  const edged = width / parts.length > EDGED;
  for (const group of unbroken(parts)) {
    const xs = middles(group).map(x);
    const rows = [group[0], ...group, group.at(-1)].map((cell) => cell.probabilities);
    let low = rows.map(() => 0);
    for (const label of labels) {
      const high = low.map((base, k) => base + (rows[k][label] ?? 0));
      const [foot, head] = [low, high].map((side) => side.map((share) => height * (1 - share)));
      area(context, xs, foot, head, hue(label), edged);
      low = high;
    }
  }
  rule(context, width, height);
}

/** The probability of the likeliest label, in that label's colour; 0 is the foot, 1 the top. */
export function drawCurve(canvas, parts, seconds, wave) {
  const { context, width, height } = sharp(canvas);
  if (wave) drawWave(context, wave, seconds, width, height);
  const x = (time) => (width * time) / seconds;
  const y = (share) => height - 2 - (height - 6) * share;
  for (const group of unbroken(parts)) {
    for (const [k, cell] of group.entries()) {
      const [label, share] = top(cell.probabilities);
      const before = group[k - 1] ? top(group[k - 1].probabilities)[1] : share;
      const after = group[k + 1] ? top(group[k + 1].probabilities)[1] : share;
      const xs = [cell.start, (cell.start + cell.end) / 2, cell.end].map(x);
      const ys = [(before + share) / 2, share, (share + after) / 2].map(y);
      segment(context, xs, ys, height, hue(label));
    }
  }
}

/** A strip in the colours of the likeliest labels, underlined in `speech`, [[start, end]] in s. */
export function drawStrip(canvas, found, seconds, speech = []) {
  const { context, width, height } = sharp(canvas);
  for (const { start, end, label } of found) {
    const left = (width * start) / seconds;
    context.fillStyle = hue(label);
    context.fillRect(left, 0, Math.max(1.5, (width * (end - start)) / seconds), height);
  }
  context.fillStyle = getComputedStyle(canvas).color;
  for (const [start, end] of speech) {
    const left = (width * start) / seconds;
    context.fillRect(left, height - SPEECH, Math.max(1.5, (width * (end - start)) / seconds), SPEECH);
  }
}

/**
 * A box and label for each person in view.
 *
 * @param context of a canvas over the picture, in CSS pixels
 * @param people as in an answer
 * @param time presentation time of the frame in seconds
 * @param place {x, y, scale}: where the picture's pixel (0, 0) lies, and the size of a pixel
 */
export function drawPeople(context, people, time, place) {
  const seen = [];
  for (const { id, track, timeline } of people) {
    const box = boxAt(track, time);
    const span = box && windowAt(timeline, time);
    const label = span?.label ?? null;
    if (box) seen.push({ id, box, label, share: label && span.probabilities[label] });
  }
  drawBoxes(context, seen, place);
}

/**
 * Boxes with plates of text above them, kept within the picture.
 *
 * @param seen [{id, box, label, share}], the main person first; where two plates would overlap, the
 *   later one has the number only
 */
export function drawBoxes(context, seen, place) {
  const plates = [];
  for (const { id, box, label, share } of seen) {
    const corner = [place.x + box[0] * place.scale, place.y + box[1] * place.scale];
    const long = label ? measured(context, `${id}  ${label} ${percent(share)}`, corner, place) : null;
    const free = long && !plates.some((other) => overlap(long, other));
    plates.push({ ...(free ? long : measured(context, `${id}`, corner, place)), label });
  }
  for (const { box, label } of [...seen].reverse()) outline(context, box, label, place);
  for (const one of plates.reverse()) plate(context, one);
}

function outline(context, box, label, { x, y, scale }) {
  const [left, up, right, down] = [
    x + box[0] * scale,
    y + box[1] * scale,
    x + box[2] * scale,
    y + box[3] * scale,
  ];
  const colour = label ? hue(label) : PLAIN;
  const round = Math.min(10, (right - left) / 6);
  for (const [stroke, line] of [
    ["rgb(10 12 16 / 0.55)", 5],
    [colour, 2.5],
  ]) {
    context.beginPath();
    context.roundRect(left, up, right - left, down - up, round);
    Object.assign(context, { strokeStyle: stroke, lineWidth: line });
    context.stroke();
  }
}

/** Where a plate goes: above the box's corner, within the picture. */
function measured(context, words, [left, up], { x, y, width }) {
  context.font = FONT;
  const wide = context.measureText(words).width + 14;
  return {
    words,
    x: Math.max(x, Math.min(left - 1, x + width - wide)),
    y: Math.max(y, up - PLATE - 4),
    wide,
  };
}

function overlap(a, b) {
  return a.x < b.x + b.wide && b.x < a.x + a.wide && Math.abs(a.y - b.y) < PLATE;
}

function plate(context, { words, x, y, wide, label }) {
  context.beginPath();
  context.roundRect(x, y, wide, PLATE, 6);
  context.fillStyle = label ? hue(label) : PLAIN;
  context.fill();
  Object.assign(context, { font: FONT, fillStyle: label ? inkOn(label) : "#14161a", textBaseline: "middle" });
  context.fillText(words, x + 7, y + PLATE / 2 + 0.5);
}

/** Groups of neighbouring cells that have probabilities. */
function unbroken(parts) {
  const groups = [];
  let last = null;
  for (const cell of parts) {
    if (cell.probabilities && last && cell.start - last.end < 1e-6) groups.at(-1).push(cell);
    else if (cell.probabilities) groups.push([cell]);
    last = cell.probabilities ? cell : null;
  }
  return groups;
}

/** Middles of cells, with the outer borders of the first and the last. */
function middles(group) {
  return [group[0].start, ...group.map((cell) => (cell.start + cell.end) / 2), group.at(-1).end];
}

function area(context, xs, low, high, colour, edged) {
  context.beginPath();
  xs.forEach((x, k) => context.lineTo(x, high[k]));
  for (let k = xs.length - 1; k >= 0; k--) context.lineTo(xs[k], low[k]);
  context.closePath();
  context.fillStyle = colour;
  context.fill();
  Object.assign(context, { strokeStyle: edged ? ink("plate") : colour, lineWidth: edged ? 0.75 : 0.3 });
  context.stroke();
}

function rule(context, width, height) {
  Object.assign(context, { strokeStyle: ink("plate"), lineWidth: 1, globalAlpha: 0.5 });
  context.setLineDash([2, 4]);
  for (const share of [0.25, 0.5, 0.75]) {
    context.beginPath();
    context.moveTo(0, Math.round(height * share) + 0.5);
    context.lineTo(width, Math.round(height * share) + 0.5);
    context.stroke();
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
}

function segment(context, xs, ys, height, colour) {
  context.beginPath();
  xs.forEach((x, k) => context.lineTo(x, ys[k]));
  Object.assign(context, { strokeStyle: colour, lineWidth: 2.5, lineJoin: "round" });
  context.stroke();
  context.lineTo(xs.at(-1), height);
  context.lineTo(xs[0], height);
  Object.assign(context, { fillStyle: colour, globalAlpha: 0.16 });
  context.fill();
  context.globalAlpha = 1;
}

/** The loudest and the softest sample behind each pixel, grown to the lane's height. */
function drawWave(context, wave, seconds, width, height) {
  context.fillStyle = ink("wave");
  for (let x = 0; x < width; x++) {
    const from = Math.floor((x / width) * seconds * wave.rate);
    const to = Math.max(from + 1, Math.floor(((x + 1) / width) * seconds * wave.rate));
    let [low, high] = [0, 0];
    for (let k = Math.max(0, from); k < Math.min(to, wave.min.length); k++) {
      low = Math.min(low, wave.min[k]);
      high = Math.max(high, wave.max[k]);
    }
    const scale = (0.46 * height) / wave.loudest;
    context.fillRect(x, height / 2 - high * scale, 1, Math.max(1, (high - low) * scale));
  }
}

function top(probabilities) {
  return Object.entries(probabilities).reduce((best, item) => (item[1] > best[1] ? item : best));
}

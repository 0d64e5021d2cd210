// The rows of a timeline: what each shows, how it is painted, what it says under the pointer.

import { GAP, cellAt, cells, clipCells, runs, sights, thin, within } from "./cells.js";
import { h } from "./dom.js";
import { drawCurve, drawStacked, drawStrip } from "./drawing.js";
import { clock, friendly, percent, together } from "./format.js";

const MOST = 12; // people with a lane of their own, until the others are asked for
const DRAWN = 600; // cells of a drawing; more could not be told apart
const SAID = 12; // changes that a screen reader is told

/**
 * The lanes of an answer from top to bottom.
 *
 * @param answer Prediction.to_dict()
 * @param seconds length of the time axis
 * @param modality function from the name of a branch to "face", "voice" or "frame"
 * @param everyone whether all people have a lane
 * @returns [{kind, title, thumbnail, words, at(time), paint(canvas, wave)}]
 */
export function lanes(answer, seconds, modality, everyone) {
  return [
    fused(answer, seconds),
    ...Object.entries(answer.branches).map(([name, say]) =>
      branch(answer, seconds, name, say, modality(name)),
    ),
    ...answer.people.slice(0, everyone ? undefined : MOST).map((one) => person(one, seconds)),
  ];
}

/** How many people have no lane yet. */
export function hiddenPeople(answer) {
  return Math.max(0, answer.people.length - MOST);
}

/** The stretches in words. */
function said(found) {
  if (!found.length) return "nothing to go by";
  const words = found
    .slice(0, SAID)
    .map((run) => `${run.label} from ${clock(run.start)} to ${clock(run.end)}`);
  const more = found.length - SAID;
  return words.join("; ") + (more > 0 ? `; and ${more} more changes` : "");
}

function fused(answer, seconds) {
  const parts = clipCells(answer);
  const drawn = thin(parts, DRAWN);
  const labels = Object.keys(answer.probabilities ?? {});
  const title = friendly(together(Object.keys(answer.branches)));
  return {
    kind: "chart",
    title,
    words: `Stacked probabilities over time, ${title}: ${said(runs(parts))}`,
    at: (time) => cellAt(parts, time)?.probabilities ?? null,
    paint: (canvas) => drawStacked(canvas, drawn, seconds, labels),
  };
}

function branch(answer, seconds, name, say, modality) {
  const parts = clipCells(answer, name);
  const drawn = thin(parts, DRAWN);
  const heard = modality === "voice";
  return {
    kind: say.present || heard ? "curve" : "absent",
    title: `${friendly(name)} only`,
    note: say.present ? (say.weight === null ? "" : `weight ${percent(say.weight)}`) : "absent",
    silent: heard && !say.present, // hatched where there is no sound at all
    words: `${friendly(name)} only: ${said(runs(parts))}`,
    at: (time) => cellAt(parts, time)?.probabilities ?? null,
    paint: (canvas, wave) => drawCurve(canvas, drawn, seconds, heard ? wave : null),
  };
}

function person(one, seconds) {
  const least = seconds / 400; // a short sight can still be seen
  const seen = sights(one.track.times, Math.max(GAP, 2 * least), seconds).map(([start, end]) => [
    start,
    Math.max(end, start + least),
  ]);
  const parts = within(cells(one.timeline), seen);
  const found = runs(parts);
  const title = `Person ${one.id}`;
  return {
    kind: "strip",
    title,
    short: String(one.id),
    thumbnail: one.thumbnail,
    words: `${title}: ${said(found)}${one.speech ? `; speaks for ${one.speech.seconds.toFixed(1)} s` : ""}`,
    at: (time) => cellAt(parts, time)?.probabilities ?? null,
    paint: (canvas) => drawStrip(canvas, found, seconds, one.speech?.spans),
  };
}

/** The head of a lane: a thumbnail or nothing, its title (a short one where it is narrow), a note. */
export function laneHead({ title, short, thumbnail, note }) {
  return h(
    "div",
    { class: "lane-head" },
    thumbnail && h("img", { src: thumbnail, alt: "", class: "tiny" }),
    h("span", short ? { class: "wide" } : {}, title, note && h("small", {}, note)),
    short && h("span", { class: "short", "aria-hidden": "true" }, short),
  );
}

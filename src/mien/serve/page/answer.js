// The answer in words and bars: label, how sure, what was missing, what each branch said.

import { Bars } from "./bars.js";
import { clipCells, clipWindow, runs, sights } from "./cells.js";
import { tint } from "./colours.js";
import { fill, h, setStyle } from "./dom.js";
import { clock, friendly, percent, stamp, together } from "./format.js";

const ROWS = 60; // of the table
// Codes that make an answer uncertain, as in mien/warn.py.
const DOUBTS = new Set([
  "no_evidence",
  "low_confidence",
  "small_face",
  "dark_face",
  "bright_face",
  "flat_face",
  "blurred_face",
  "turned_face",
  "clipped_sound",
  "narrow_sound",
]);

/** Large label, confidence, whether it can be relied on, and what there is to know about it. */
export function headline(answer) {
  const { label, confidence, reliable, reasons } = answer;
  const present = Object.entries(answer.branches).filter(([, say]) => say.present);
  const parts = together(present.map(([name]) => name));
  const title = label
    ? h("p", { class: "label" }, h("i", { style: { background: tint(label) } }), h("bdi", {}, label))
    : h("p", { class: "label none" }, "No answer");
  const sure = label && h("p", { class: "sure" }, h("b", {}, percent(confidence)), ` from ${parts}`);
  const trust =
    label && h("p", { class: `trust ${reliable ? "yes" : "no"}` }, reliable ? "reliable" : "uncertain");
  const doubts = reasons.filter(({ code }) => DOUBTS.has(code));
  const missing = reasons.filter(({ code }) => !DOUBTS.has(code));
  const why = label ? "Why it is uncertain" : "Why there is none";
  return h(
    "div",
    { class: "headline" },
    title,
    sure,
    trust,
    notes(doubts, why),
    notes(missing, "What was missing"),
  );
}

function notes(reasons, title) {
  if (!reasons.length) return null;
  const items = reasons.map(({ message }) => h("li", {}, h("bdi", {}, sentence(message))));
  return h("div", { class: "notes" }, h("h3", {}, title), h("ul", {}, items));
}

function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Bars of the fused answer, and of each branch, for the whole clip or for this moment. */
export class Says {
  constructor(answer) {
    this.answer = answer;
    this.now = false;
    this.labels = labelsOf(answer);
    this.fused = new Bars(this.labels, "Probabilities, fused");
    this.branches = Object.entries(answer.branches).map(
      ([name, say]) => new BranchCard(name, say, this.labels),
    );
    this.choice = this.makeChoice();
    this.show(0);
  }

  /** Follow the clip to a time in seconds. */
  move(time) {
    if (this.now) this.show(time);
    this.time = time;
  }

  show(time) {
    const span = this.now ? clipWindow(this.answer, time) : null;
    this.fused.show(this.now ? span?.probabilities : this.answer.probabilities);
    for (const card of this.branches)
      card.show(this.now ? (span?.branches[card.name] ?? null) : card.say.probabilities);
    if (this.choice) this.moment.textContent = this.now ? `At ${stamp(time)}` : "This moment";
  }

  makeChoice() {
    this.whole = h(
      "button",
      { type: "button", "aria-pressed": "true", onclick: () => this.choose(false) },
      "Whole clip",
    );
    if (!this.labels.length) return null;
    this.moment = h("button", { type: "button", "aria-pressed": "false", onclick: () => this.choose(true) });
    return h("div", { class: "choice", role: "group", "aria-label": "Numbers of" }, this.whole, this.moment);
  }

  choose(now) {
    this.now = now;
    this.whole.setAttribute("aria-pressed", String(!now));
    this.moment.setAttribute("aria-pressed", String(now));
    this.show(this.time ?? 0);
  }
}

class BranchCard {
  constructor(name, say, labels) {
    Object.assign(this, { name, say });
    this.bars = new Bars(labels, `Probabilities from ${name} alone`);
    const counted = say.weight === null ? null : weight(say.weight);
    const missing = h("p", { class: "soft" }, `Absent: ${say.reason ?? "nothing to go by"}.`);
    this.element = h(
      "div",
      { class: "branch" },
      h("h3", {}, friendly(name)),
      say.present ? [counted, this.bars.element] : missing,
    );
  }

  show(probabilities) {
    this.bars.show(probabilities);
  }
}

/** How much of the fused answer is this branch's. */
function weight(share) {
  const bar = h("i", {});
  setStyle(bar, { width: percent(share) });
  return h("p", { class: "weight" }, h("span", {}, bar), `weight ${percent(share)}`);
}

/** The label set, from wherever the answer has it. */
export function labelsOf(answer) {
  const found = [
    answer.probabilities,
    ...Object.values(answer.branches).map((say) => say.probabilities),
    ...answer.people.map((person) => person.probabilities),
  ].find((values) => values && Object.keys(values).length);
  return Object.keys(found ?? {});
}

/** The drawing as text: stretches of the fused answer, and the people. */
export function asTable(answer) {
  const found = runs(clipCells(answer));
  const rows = found
    .slice(0, ROWS)
    .map((run) => [clock(run.start), clock(run.end), run.label, percent(run.mean)]);
  const end = answer.source.duration || Infinity;
  const people = answer.people.map((person) => {
    const seen = sights(person.track.times, 1, end).map(([a, b]) => `${clock(a)} – ${clock(b)}`);
    const [label, share] = Object.entries(person.probabilities).sort((a, b) => b[1] - a[1])[0] ?? ["–", null];
    const more = seen.length > 3 ? ` and ${seen.length - 3} more times` : "";
    return [
      `Person ${person.id}`,
      seen.slice(0, 3).join(", ") + more,
      label,
      share === null ? "–" : percent(share),
      person.speech ? `${person.speech.seconds.toFixed(1)} s` : "–",
      voice(person.speech),
    ];
  });
  return h(
    "details",
    {},
    h("summary", {}, "As a table"),
    table("The clip", ["from", "to", "label", "mean probability"], rows),
    found.length > ROWS && h("p", { class: "soft" }, `${found.length - ROWS} more rows are in the CSV file.`),
    people.length > 0 && table("The people", ["who", "in view", "face seems", "probability", "speaks", "voice seems"], people),
  );
}

/** What somebody's own voice shows. */
function voice(speech) {
  const ranked = Object.entries(speech?.probabilities ?? {}).sort((a, b) => b[1] - a[1]);
  return ranked.length ? `${ranked[0][0]} ${percent(ranked[0][1])}` : "–";
}

function table(title, head, rows) {
  const nothing = [h("tr", {}, h("td", { colspan: head.length }, "nothing to go by"))];
  return h(
    "div",
    { class: "table", role: "region", tabindex: "0", "aria-label": title },
    h(
      "table",
      {},
      h("caption", {}, title),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          head.map((name) => h("th", { scope: "col" }, name)),
        ),
      ),
      h(
        "tbody",
        {},
        rows.length
          ? rows.map((row) =>
              h(
                "tr",
                {},
                row.map((cell) => h("td", {}, cell)),
              ),
            )
          : nothing,
      ),
    ),
  );
}

/** A list of facts: [[name, value]]. */
export function facts(pairs) {
  return fill(
    h("dl", { class: "facts" }),
    pairs.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );
}

// The transcript of a clip: drop subtitles beside it, and each line has its emotion and plays.

import { address, getLines, giveLines } from "./api.js";
import { tint } from "./colours.js";
import { announce, fill, h, icon, setStyle } from "./dom.js";
import { percent, stamp } from "./format.js";

const ENDINGS = /\.(srt|vtt|ass|ssa|json|csv|tsv|eaf|textgrid)$/i;
/** What a file chooser offers. */
export const KINDS = ".srt,.vtt,.ass,.ssa,.json,.csv,.tsv,.eaf,.TextGrid";
const FORMS = [
  ["json", "JSON", "lines"],
  ["csv", "CSV", "lines.csv"],
  ["srt", "Subtitles (SRT)", "lines.srt"],
  ["eaf", "ELAN", "lines.eaf"],
  ["html", "Page (HTML)", "lines.html"],
];
const FAINT = 14; // % of the colour behind a text of no confidence at all
const STRONG = 62; // and of a full one
const waiting = new Map(); // job -> a transcript that was dropped together with its clip
let shown = null; // what takes a transcript that is dropped on the page

/** Whether a file is a transcript, by its name. */
export function isTranscript(file) {
  return ENDINGS.test(file.name);
}

/** Keep a transcript for a clip that is not analysed yet. */
export function keepFor(job, file) {
  waiting.set(job, file);
}

/** Give a transcript to the clip on the page; false where there is none. */
export function takeTranscript(file) {
  if (!shown) return false;
  shown.give(file);
  return true;
}

export class Transcript {
  /** @param panel of a clip whose job is done */
  constructor(panel) {
    this.panel = panel;
    this.rows = [];
    this.status = h("p", { class: "soft", role: "status" });
    this.body = h("div");
    this.actions = h("div", { class: "actions" });
    const head = h("div", { class: "plate-head" }, h("h2", { id: "lines-title" }, "Line by line"), this.actions);
    this.element = h(
      "section",
      { class: "plate transcript", "aria-labelledby": "lines-title" },
      head,
      this.status,
      this.body,
    );
    this.start();
  }

  async start() {
    shown = this;
    this.ask();
    const file = waiting.get(this.panel.job.id);
    waiting.delete(this.panel.job.id);
    if (file) return this.give(file);
    try {
      const lines = await getLines(this.panel.job.id);
      if (lines && !this.closed) this.show(lines);
    } catch {
      // without lines the place to drop some stays
    }
  }

  /** Send a transcript and show what comes of it. */
  async give(file) {
    fill(this.status, h("i", { class: "spinner" }), `Reading ${file.name}…`);
    this.element.scrollIntoView({ block: "nearest", behavior: "smooth" });
    try {
      const lines = await giveLines(this.panel.job.id, file);
      if (!this.closed) this.show(lines);
    } catch (error) {
      this.status.textContent = error.message;
      this.status.classList.add("wrong");
    }
  }

  /** The place to drop or choose a transcript. */
  ask() {
    this.status.textContent = "";
    fill(
      this.body,
      h(
        "p",
        { class: "drop-lines" },
        "Drop subtitles or a transcript beside the clip (SRT, VTT, Whisper's JSON, CSV, ELAN, Praat) to see what each line shows. ",
        this.chooser("Choose a transcript"),
      ),
    );
  }

  chooser(title) {
    const input = h("input", {
      type: "file",
      class: "hidden",
      accept: KINDS,
      onchange: () => input.files.length && this.give(input.files[0]),
    });
    return h("label", { class: "button" }, input, title);
  }

  show(lines) {
    this.status.classList.remove("wrong");
    this.status.textContent = "";
    const people = new Map(this.panel.answer.people.map((person) => [person.id, person]));
    this.rows = lines.lines.map((line) => new Row(line, people.get(line.person), (one) => this.play(one)));
    const odd = lines.reasons.map(({ message }) => h("li", {}, h("bdi", {}, message)));
    fill(
      this.body,
      summary(lines),
      odd.length > 0 && h("ul", { class: "notes" }, odd),
      h("ol", { class: "lines", tabindex: "0", "aria-label": "Lines" }, this.rows.map((row) => row.element)),
      h(
        "div",
        { class: "exports" },
        FORMS.map(([ending, title, what]) => download(this.panel.job, ending, title, what)),
      ),
    );
    fill(this.actions, this.chooser("Another transcript"));
    announce(`${lines.lines.length} lines.`);
    this.move(this.panel.player.time);
  }

  play(line) {
    this.panel.seek(Math.max(0, line.start) + 0.001);
    this.panel.player.toggle(true);
    this.until = line.end;
  }

  /** Follow the clip to a time in seconds. */
  move(time) {
    if (this.until != null && time >= this.until) {
      this.until = null;
      this.panel.player.toggle(false);
    }
    for (const row of this.rows) row.mark(time);
  }

  close() {
    this.closed = true;
    if (shown === this) shown = null;
  }
}

class Row {
  constructor(line, person, onPlay) {
    this.line = line;
    const play = h("button", { type: "button", class: "line-play", onclick: () => onPlay(line) }, stamp(Math.max(0, line.start)));
    play.setAttribute("aria-label", `Play line ${line.number}, ${stamp(Math.max(0, line.start))}`);
    const face = person?.thumbnail ? h("img", { src: person.thumbnail, alt: `Person ${person.id}` }) : h("i");
    const mark = h("mark", {}, h("bdi", {}, line.text));
    const said = line.label
      ? [h("b", {}, h("bdi", {}, line.label)), ` ${percent(line.confidence)}`]
      : "no answer";
    this.element = h(
      "li",
      { class: `line${line.reliable ? "" : " unsure"}`, title: reasons(line) },
      play,
      h("div", { class: "line-who" }, face, h("bdi", {}, line.speaker)),
      h("p", {}, mark),
      h("div", { class: "line-label" }, said, line.label && !line.reliable && h("small", {}, "uncertain")),
    );
    if (line.label) {
      const share = FAINT + (STRONG - FAINT) * line.confidence;
      setStyle(this.element, { "--tint": tint(line.label), "--share": `${share.toFixed(0)}%` });
    }
    this.element.addEventListener("click", (event) => {
      if (!event.target.closest("button")) onPlay(line);
    });
  }

  mark(time) {
    this.element.classList.toggle("now", time >= this.line.start && time < this.line.end);
  }
}

function reasons(line) {
  return line.reasons.map(({ message }) => message).join("; ") || null;
}

/** Who is taken for whom, and how many lines can be relied on. */
function summary(lines) {
  const sure = lines.lines.filter((line) => line.reliable).length;
  const names = lines.speakers.map(({ name, people }) => [
    h("bdi", {}, name),
    people.length ? ` is person ${people.join(", ")}` : " could not be told",
  ]);
  return h(
    "p",
    { class: "soft" },
    h("bdi", {}, lines.transcript),
    `: ${lines.lines.length} lines, ${sure} of them reliable`,
    names.map((words) => [" · ", ...words]),
  );
}

function download(job, ending, title, what) {
  const name = `${job.name}.lines.${ending}`;
  return h("a", { class: "button", href: address(job.id, what), download: name }, icon("save"), title);
}

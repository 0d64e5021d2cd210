// The chip of the baseline: the answer compared with how its people usually look and sound.

import { getRelative } from "./api.js";
import { Bars } from "./bars.js";
import { labelsOf } from "./answer.js";
import { announce, fill, h } from "./dom.js";
import { percent } from "./format.js";

const LEAST = 1; // s of a stretch

export class Usual {
  /** @param panel of a clip whose job is done */
  constructor(panel) {
    this.panel = panel;
    this.from = null;
    const chip = (title, onclick) => h("button", { type: "button", class: "baseline", "aria-pressed": "false", onclick }, title);
    this.chips = [
      chip("Off", () => this.clear()),
      chip("The whole clip", () => this.compare("auto", 1)),
      chip("From here…", () => this.mark()),
    ];
    this.press(0);
    this.status = h("p", { class: "soft", role: "status" });
    this.body = h("div", { class: "usual" });
    this.element = h(
      "section",
      { class: "plate", "aria-labelledby": "usual-title" },
      h(
        "div",
        { class: "plate-head" },
        h("h2", { id: "usual-title" }, "Compared with their usual self"),
        h("div", { class: "choice", role: "group", "aria-label": "Baseline" }, this.chips),
      ),
      this.status,
      this.body,
    );
    this.clear();
  }

  press(number) {
    this.chips.forEach((chip, k) => chip.setAttribute("aria-pressed", String(k === number)));
  }

  clear() {
    this.from = null;
    this.press(0);
    this.chips[2].textContent = "From here…";
    this.status.textContent =
      "Some people always look a little sad, or sound a little angry. Choose what shows how they usually are.";
    fill(this.body);
  }

  /** First press: where a stretch begins; second: where it ends. */
  mark() {
    const time = this.panel.player.time;
    if (this.from === null) {
      this.from = time;
      this.press(2);
      this.chips[2].textContent = `From ${time.toFixed(1)} s to here`;
      this.status.textContent = "Play on to where the usual ends, and press again.";
      return;
    }
    const [start, end] = [this.from, time].sort((a, b) => a - b);
    this.from = null;
    this.chips[2].textContent = "From here…";
    if (end - start < LEAST) {
      this.status.textContent = "That stretch is too short; mark its start and its end.";
      return;
    }
    this.compare(`${start.toFixed(1)}-${end.toFixed(1)}`, 2);
  }

  async compare(baseline, number) {
    this.press(number);
    fill(this.status, h("i", { class: "spinner" }), "Comparing…");
    try {
      this.show(await getRelative(this.panel.job.id, baseline));
    } catch (error) {
      this.status.textContent = error.message;
      fill(this.body);
    }
  }

  show(relative) {
    const rests = Object.entries(relative.branches).map(
      ([branch, { seconds, share }]) => `${Math.round(seconds)} s of ${branch}, ${percent(share)} of the correction`,
    );
    const title = relative.baseline === "auto" ? "the whole clip" : relative.baseline;
    const chips = [`baseline: ${title}`, ...rests].map((text) => h("span", { class: "fact" }, text));
    const odd = relative.reasons.map(({ message }) => h("li", {}, h("bdi", {}, message)));
    this.status.textContent = relative.probabilities
      ? "On the right is what is shown more than usually; it is no probability of what is shown."
      : "";
    const labels = labelsOf(this.panel.answer);
    const sides = relative.probabilities
      ? [
          this.side("As it is", labels, this.panel.answer.probabilities),
          this.side("Than usual", labels, relative.probabilities),
        ]
      : [];
    fill(
      this.body,
      h("p", { class: "facts-row" }, chips),
      sides.length > 0 && h("div", { class: "branches" }, sides),
      odd.length > 0 && h("ul", { class: "notes" }, odd),
    );
    announce(relative.label ? `Than usual: ${relative.label}` : "Nothing to compare.");
  }

  side(title, labels, values) {
    const bars = new Bars(labels, title);
    bars.show(values);
    return h("div", { class: "branch" }, h("h3", {}, title), bars.element);
  }
}

// The timeline: lanes over a common axis, click and drag to seek, hover for the numbers.

import { labelsOf } from "./answer.js";
import { tint } from "./colours.js";
import { fill, h, setStyle } from "./dom.js";
import { clock, percent, stamp } from "./format.js";
import { hiddenPeople, laneHead, lanes } from "./lanes.js";
import { onTheme } from "./theme.js";

const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
const TICK = 58; // px between two numbers of the axis, at least

export class Timeline {
  /**
   * @param answer Prediction.to_dict()
   * @param modality function from the name of a branch to its modality
   * @param onSeek called with seconds
   */
  constructor(answer, modality, onSeek) {
    this.answer = answer;
    this.seconds = Math.max(answer.source.duration, answer.timeline.at(-1)?.end ?? 0, 1e-3);
    this.modality = modality;
    this.onSeek = onSeek;
    this.time = 0;
    this.wave = null;
    this.playhead = h("div", { class: "playhead" });
    this.hairline = h("div", { class: "hairline", hidden: true });
    this.tip = h("div", { class: "tip", hidden: true });
    this.axis = h("div", { class: "axis", "aria-hidden": "true" });
    this.scrubber = this.makeScrubber();
    this.rows = h("div", { class: "lanes" });
    this.element = h("div", { class: "timeline" }, this.rows, this.scrubber, this.tip);
    this.legend = legend(labelsOf(answer));
    this.below = h("div", { class: "below" });
    this.build(false);
    this.resizes = new ResizeObserver(() => this.paint());
    this.resizes.observe(this.element);
    this.endTheme = onTheme(() => this.paint());
    this.move(0);
  }

  /** Stop watching the page. */
  close() {
    this.resizes.disconnect();
    this.endTheme();
  }

  /** Show the loudness of the sound behind the voice: {rate, min, max, loudest}; null without any. */
  setWave(wave) {
    this.wave = wave;
    this.paint();
  }

  /** Put the playhead at a time in seconds. */
  move(time) {
    this.time = Math.min(Math.max(0, time), this.seconds);
    setStyle(this.playhead, { left: `${(100 * this.time) / this.seconds}%` });
    this.scrubber.setAttribute("aria-valuenow", this.time.toFixed(2));
    this.scrubber.setAttribute("aria-valuetext", this.spoken(this.time));
  }

  build(everyone) {
    this.lanes = lanes(this.answer, this.seconds, this.modality, everyone);
    const more = everyone ? 0 : hiddenPeople(this.answer);
    fill(
      this.rows,
      this.lanes.map((lane) => this.row(lane)),
      h("div", { class: "lane" }, h("div", { class: "lane-head" }), this.axis),
    );
    const all = h(
      "button",
      { type: "button", class: "quiet", onclick: () => this.build(true) },
      `Show ${more} more people`,
    );
    fill(this.below, more > 0 && all);
    this.paint();
  }

  row(lane) {
    lane.canvas = h("canvas", { class: `plot ${lane.kind}`, role: "img", "aria-label": lane.words });
    lane.row = h("div", { class: `lane ${lane.kind}` }, laneHead(lane), lane.canvas);
    return lane.row;
  }

  paint() {
    const width = this.axis.clientWidth;
    if (!width) return;
    for (const lane of this.lanes) {
      if (lane.silent) lane.canvas.classList.toggle("absent", this.wave === null);
      lane.paint(lane.canvas, this.wave);
    }
    this.paintAxis(width);
  }

  paintAxis(width) {
    const most = Math.max(2, Math.floor(width / TICK));
    const step = STEPS.find((s) => this.seconds / s <= most) ?? this.seconds / most;
    const ticks = [];
    for (let k = 0; k * step <= this.seconds + 1e-9; k++) {
      const share = (k * step) / this.seconds;
      const edge = k === 0 ? "first" : share > 1 - 30 / width ? "last" : null;
      ticks.push(h("span", { class: edge, style: { left: `${100 * share}%` } }, clock(k * step)));
    }
    fill(this.axis, ticks);
  }

  makeScrubber() {
    const element = h("div", {
      class: "scrubber",
      role: "slider",
      tabindex: "0",
      "aria-label": "Position in the clip",
      "aria-valuemin": "0",
      "aria-valuemax": this.seconds.toFixed(2),
      onpointerdown: (event) => this.press(event),
      onpointermove: (event) => this.hover(event),
      onpointerleave: () => this.leave(),
      onpointerup: () => (this.dragging = false),
      onpointercancel: () => (this.dragging = false),
    });
    element.append(this.hairline, this.playhead);
    return element;
  }

  press(event) {
    if (event.button !== 0) return;
    this.dragging = true;
    this.scrubber.setPointerCapture(event.pointerId);
    this.onSeek(this.timeAt(event));
    this.hover(event);
  }

  timeAt(event) {
    const { left, width } = this.scrubber.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - left) / width)) * this.seconds;
  }

  hover(event) {
    const time = this.timeAt(event);
    if (this.dragging) this.onSeek(time);
    setStyle(this.hairline, { left: `${(100 * time) / this.seconds}%` });
    this.hairline.hidden = false;
    this.showTip(event, time);
  }

  leave() {
    if (this.dragging) return;
    this.hairline.hidden = this.tip.hidden = true;
  }

  showTip(event, time) {
    const lane = this.lanes.find(({ row }) => event.clientY <= row.getBoundingClientRect().bottom);
    fill(
      this.tip,
      h("b", {}, stamp(time)),
      " ",
      (lane ?? this.lanes[0]).title,
      numbers((lane ?? this.lanes[0]).at(time)),
    );
    this.tip.hidden = false;
    const [own, all] = [this.tip.getBoundingClientRect(), this.element.getBoundingClientRect()];
    const x = event.clientX - all.left;
    const left = x + 16 + own.width > all.width ? x - 16 - own.width : x + 16;
    const top = Math.min(event.clientY - all.top + 12, all.height - own.height);
    setStyle(this.tip, { left: `${Math.max(0, left)}px`, top: `${Math.max(0, top)}px` });
  }

  spoken(time) {
    const found = Object.entries(this.lanes?.[0].at(time) ?? {}).sort((a, b) => b[1] - a[1]);
    const words = found.slice(0, 2).map(([label, share]) => `${label} ${percent(share)}`);
    return `${stamp(time)}: ${words.join(", ") || "nothing to go by"}`;
  }
}

/** Which colour is which label. */
function legend(labels) {
  return h(
    "div",
    { class: "legend" },
    labels.map((label) => h("span", {}, h("i", { style: { background: tint(label) } }), label)),
  );
}

/** All labels with their numbers, the likeliest first. */
function numbers(probabilities) {
  if (!probabilities) return h("p", {}, "nothing to go by");
  const order = Object.entries(probabilities).sort((a, b) => b[1] - a[1]);
  return h(
    "ul",
    {},
    order
      .slice(0, 10)
      .map(([label, share]) =>
        h(
          "li",
          {},
          h("i", { style: { background: tint(label) } }),
          h("span", {}, label),
          h("b", {}, percent(share)),
        ),
      ),
  );
}

// Live: camera and microphone, read while it happens.

import { Bars } from "./bars.js";
import { likeliest } from "./cells.js";
import { tint } from "./colours.js";
import { announce, fill, h, icon } from "./dom.js";
import { drawBoxes, drawStacked, sharp } from "./drawing.js";
import { friendly, percent } from "./format.js";
import { listen, openDevices, takePictures } from "./live_capture.js";
import { Link } from "./live_link.js";
import { briefly } from "./meaning.js";

const PER_SECOND = 12; // pictures
const SHOWN = 30; // s of the chart
const SPEAK = 4000; // ms between two announcements
const PROMISE =
  "Pictures and sound go to this server, are read in memory, and are forgotten at once. Nothing is stored.";

/** The view at `#/live`. */
export function liveView(app) {
  const live = new Live(app.info);
  return { title: "Live", element: live.element, close: () => live.stop() };
}

class Live {
  constructor(info) {
    Object.assign(this, { info, history: [], times: [], spoken: 0, run: 0 });
    this.video = h("video", { muted: true, playsinline: true, class: "mirrored" });
    this.video.muted = true;
    this.canvas = h("canvas", { class: "boxes", "aria-hidden": "true" });
    this.button = h(
      "button",
      { type: "button", class: "strong", onclick: () => (this.link ? this.stop() : this.start()) },
      "Start",
    );
    this.rate = h("span", { class: "soft rate" });
    this.note = h("p", { class: "soft", role: "status" }, PROMISE);
    this.label = h("p", { class: "label none" }, "Not started");
    this.sure = h("p", { class: "sure" });
    this.bars = new Bars(info.labels, "Probabilities, the last two seconds").show(null);
    this.speaker = h("p", { class: "soft" });
    this.branches = h("p", { class: "soft" });
    this.chart = h("canvas", {
      class: "plot chart",
      role: "img",
      "aria-label": "Stacked probabilities of the last 30 seconds",
    });
    this.element = this.build();
  }

  build() {
    const stage = h(
      "div",
      { class: "stage live" },
      this.video,
      this.canvas,
      h("p", { class: "stage-note" }, icon("camera"), "The camera is off."),
    );
    this.stage = stage;
    const controls = h("div", { class: "controls" }, this.button, h("span", { class: "gap" }), this.rate);
    return h(
      "div",
      {},
      h("div", { class: "view-head" }, h("div", {}, h("h1", { tabindex: "-1" }, "Live"), this.note)),
      h(
        "div",
        { class: "first" },
        h("div", { class: "screen" }, h("div", { class: "player" }, stage, controls)),
        h(
          "section",
          { class: "plate answer", "aria-label": "Answer" },
          h("div", { class: "headline" }, this.label, this.sure),
          this.bars.element,
          this.speaker,
          this.branches,
        ),
      ),
      h(
        "section",
        { class: "plate" },
        h("div", { class: "plate-head" }, h("h2", {}, "The last half minute")),
        this.chart,
      ),
      briefly(),
    );
  }

  async start() {
    const run = ++this.run;
    this.button.disabled = true;
    try {
      const { stream, missing } = await openDevices();
      if (run !== this.run) return end(stream);
      await this.connect(stream);
      this.note.textContent = missing ? `${missing} ${PROMISE}` : PROMISE;
      this.button.textContent = "Stop";
    } catch (error) {
      this.stop(error.message);
    }
    this.button.disabled = false;
  }

  async connect(stream) {
    this.stream = stream;
    this.history = [];
    this.times = [];
    const link = new Link(
      (answer, now) => this.show(answer, now),
      (why) => link === this.link && this.stop(why),
    );
    this.link = link;
    this.ends = [];
    this.video.srcObject = stream;
    await this.video.play();
    this.stage.classList.add("on");
    if (stream.getVideoTracks().length) {
      this.ends.push(takePictures(this.video, PER_SECOND, (blob, taken) => link.sendPicture(blob, taken)));
    }
    if (stream.getAudioTracks().length) {
      this.ends.push(
        await listen(new MediaStream(stream.getAudioTracks()), (samples) => link.sendSound(samples)),
      );
    }
  }

  /** Let go of everything; `why` is a line for people. */
  stop(why = null) {
    this.run++;
    for (const stop of this.ends ?? []) stop();
    const link = this.link;
    this.link = this.ends = null;
    link?.close();
    end(this.stream);
    this.video.srcObject = null;
    this.stage.classList.remove("on");
    sharp(this.canvas);
    this.button.textContent = "Start";
    this.rate.textContent = "";
    this.note.textContent = why ? `${why} Nothing was stored.` : PROMISE;
    this.note.classList.toggle("error", why !== null);
  }

  show({ t, span, people }, now) {
    if (!this.link) return;
    this.drawBoxes(people);
    this.showRate(t, now);
    if (!span) return;
    const label = likeliest(span.probabilities);
    this.showLabel(label, span);
    this.bars.show(span.probabilities);
    this.history.push({ time: now, probabilities: span.probabilities });
    while (this.history[0].time < now - SHOWN) this.history.shift();
    this.drawHistory(now);
  }

  showLabel(label, span) {
    this.label.className = label ? "label" : "label none";
    fill(
      this.label,
      label ? [h("i", { style: { background: tint(label) } }), h("bdi", {}, label)] : "nothing to go by",
    );
    const share = label ? span.probabilities[label] : null;
    this.sure.textContent = label
      ? `${percent(share)}, the last two seconds`
      : "no face in view and no voice";
    this.speaker.textContent = whoSpeaks(span.speaker);
    const missing = Object.entries(span.branches).filter(([, said]) => !said);
    this.branches.textContent = missing.map(([name]) => `${friendly(name)}: nothing to go by.`).join(" ");
    if (label && label !== this.said && performance.now() - this.spoken > SPEAK) {
      announce(`${label} ${percent(share)}`);
      [this.said, this.spoken] = [label, performance.now()];
    }
  }

  /** The picture is shown as in a mirror, and the boxes with it; each face has its own label. */
  drawBoxes(people) {
    const { context, width, height } = sharp(this.canvas);
    const [wide, high] = [this.video.videoWidth, this.video.videoHeight];
    if (!wide || !width) return;
    const sent = Math.min(1, 640 / wide); // boxes are in pixels of the picture that was sent
    const scale = Math.min(width / wide, height / high);
    const place = {
      x: (width - wide * scale) / 2,
      y: (height - high * scale) / 2,
      scale: scale / sent,
      width: wide * scale,
    };
    const mirrored = people.map(({ id, box: [x0, y0, x1, y1], label, probabilities }) => {
      const box = [wide * sent - x1, y0, wide * sent - x0, y1];
      return { id, box, label, share: label && probabilities[label] };
    });
    drawBoxes(context, mirrored, place);
  }

  drawHistory(now) {
    const start = now - SHOWN; // may be before the beginning: the present is at the right
    const parts = this.history.map(({ time, probabilities }, k) => ({
      start: (this.history[k - 1]?.time ?? time - 1 / PER_SECOND) - start,
      end: time - start,
      probabilities,
    }));
    drawStacked(this.chart, parts, SHOWN, this.info.labels);
  }

  /** Answers about different pictures in the last two seconds, and how old the last one was. */
  showRate(t, now) {
    if (t !== this.times.at(-1)?.t) this.times.push({ t, now });
    while (this.times.length && this.times[0].now < now - 2) this.times.shift();
    const since = now - (this.times[0]?.now ?? now);
    const rate = this.times.length / Math.min(2, Math.max(0.5, since));
    const behind = Math.round(1000 * Math.max(0, now - t));
    this.rate.textContent = `${rate.toFixed(0)} answers a second, ${behind} ms behind`;
    this.rate.dataset.rate = rate.toFixed(1);
  }
}

function whoSpeaks(speaker) {
  if (speaker === undefined) return "";
  return speaker === "off screen" ? "The voice goes with no mouth in view." : `Person ${speaker} speaks.`;
}

function end(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

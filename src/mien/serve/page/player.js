// A clip's picture with the faces marked, in step with the frame that is on the screen.

import { h, icon, iconButton, relabel } from "./dom.js";
import { drawPeople, sharp } from "./drawing.js";
import { stamp } from "./format.js";
import { onTheme } from "./theme.js";

export class Player {
  /**
   * @param source address of what the browser can play, or null
   * @param answer Prediction.to_dict()
   * @param onTime called with seconds whenever the position changes
   */
  constructor(source, answer, onTime) {
    this.answer = answer;
    this.onTime = onTime;
    this.time = this.frameTime = 0;
    this.wanted = null;
    this.boxes = true;
    this.duration = answer.source.duration;
    this.hasPicture = answer.size[0] > 0;
    const still = this.hasPicture && this.duration === 0;
    this.video = source && !still ? h("video", { src: source, playsinline: true, preload: "auto" }) : null;
    const picture = source && still ? h("img", { src: source, alt: "The picture" }) : null;
    const alone = this.hasPicture ? null : h("p", { class: "stage-note" }, icon("sound"), "Sound only");
    this.canvas = h("canvas", { class: "boxes", "aria-hidden": "true" });
    this.clock = h("span", { class: "clock" });
    this.controls = this.makeControls();
    this.stage = h(
      "div",
      { class: this.hasPicture ? "stage" : "stage sound" },
      this.video ?? picture,
      this.canvas,
      alone,
    );
    this.element = h("div", { class: "player" }, this.stage, !still && this.controls);
    if (this.hasPicture) this.stage.style.aspectRatio = answer.size.join(" / ");
    if (this.video) this.listen();
    this.resizes = new ResizeObserver(() => this.draw());
    this.resizes.observe(this.stage);
    this.endTheme = onTheme(() => this.draw());
    this.tell(0);
  }

  /** Stop playing and let go of the file. */
  close() {
    this.closed = true;
    this.resizes.disconnect();
    this.endTheme();
    this.video?.pause();
    this.video?.removeAttribute("src");
    this.video?.load();
  }

  get playing() {
    return this.video != null && !this.video.paused && !this.video.ended;
  }

  /** Play, or pause. */
  toggle(play = !this.playing) {
    if (!this.video) return;
    if (play) this.video.play().catch(() => this.showState());
    else this.video.pause();
  }

  /** Go to a time in seconds; while one seek is under way only the last of the others counts. */
  seek(time) {
    const to = Math.min(Math.max(0, time), this.duration);
    this.tell(to);
    if (!this.video) return;
    if (this.video.seeking) this.wanted = to;
    else this.video.currentTime = to;
  }

  listen() {
    const { video } = this;
    for (const name of ["play", "pause", "ended"]) video.addEventListener(name, () => this.showState());
    video.addEventListener("play", () => this.run());
    video.addEventListener("seeked", () => this.settle());
    video.addEventListener("loadeddata", () => this.draw());
    video.addEventListener("error", () => this.complain());
    video.addEventListener("click", () => this.toggle());
    if (video.requestVideoFrameCallback) this.awaitFrame();
  }

  /** Called for each frame just as it is shown, with the frame's own time. */
  awaitFrame() {
    this.video.requestVideoFrameCallback((_, { mediaTime }) => {
      if (this.closed) return;
      this.draw(mediaTime);
      this.awaitFrame();
    });
  }

  /** The playhead moves with the screen, not with the frames: smooth, and with sound alone too. */
  run() {
    if (!this.playing || this.closed) return;
    this.tell(this.video.currentTime);
    if (!this.video.requestVideoFrameCallback) this.draw(this.video.currentTime);
    requestAnimationFrame(() => this.run());
  }

  settle() {
    if (this.wanted !== null) {
      this.video.currentTime = this.wanted;
      this.wanted = null;
      return;
    }
    this.tell(this.video.currentTime);
    if (!this.video.requestVideoFrameCallback) this.draw(this.video.currentTime);
  }

  tell(time) {
    this.time = time;
    this.clock.textContent = `${stamp(time)} / ${stamp(this.duration)}`;
    this.onTime(time);
  }

  draw(time = this.frameTime) {
    this.frameTime = time;
    this.canvas.dataset.time = time.toFixed(4);
    const { context, width, height } = sharp(this.canvas);
    if (!this.boxes || !this.hasPicture || !width) return;
    const [wide, high] = this.answer.size;
    const scale = Math.min(width / wide, height / high);
    const place = {
      x: (width - wide * scale) / 2,
      y: (height - high * scale) / 2,
      scale,
      width: wide * scale,
    };
    drawPeople(context, this.answer.people, time, place);
  }

  makeControls() {
    if (!this.video) return h("div", { class: "controls" }, this.clock);
    this.playButton = iconButton("play", "Play", () => this.toggle());
    this.muteButton = iconButton("sound", "Mute", () => this.mute());
    this.boxButton = iconButton("box", "Face boxes", () => this.toggleBoxes(), { "aria-pressed": "true" });
    const full = iconButton("full", "Full screen", () => this.fullScreen());
    const picture = this.hasPicture ? [this.boxButton, full] : [];
    return h(
      "div",
      { class: "controls" },
      this.playButton,
      this.clock,
      h("span", { class: "gap" }),
      this.muteButton,
      picture,
    );
  }

  showState() {
    relabel(this.playButton, this.playing ? "pause" : "play", this.playing ? "Pause" : "Play");
    this.stage.classList.toggle("playing", this.playing);
  }

  mute() {
    this.video.muted = !this.video.muted;
    relabel(this.muteButton, this.video.muted ? "muted" : "sound", this.video.muted ? "Unmute" : "Mute");
  }

  toggleBoxes() {
    this.boxes = !this.boxes;
    this.boxButton.setAttribute("aria-pressed", String(this.boxes));
    this.draw();
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.stage.requestFullscreen();
  }

  complain() {
    if (this.closed) return;
    this.stage.append(
      h("p", { class: "stage-note" }, "This browser cannot play the clip. The timeline below still works."),
    );
  }
}

// A clip with its answer: picture, timeline and numbers that move together.

import { asTable, headline, Says } from "./answer.js";
import { address, getWaveform } from "./api.js";
import { h } from "./dom.js";
import { Player } from "./player.js";
import { Timeline } from "./timeline.js";

const PLAYABLE = new Set(["source", "preview"]);
const NOTES = {
  none: "There is nothing to play here. The timeline below still works.",
  making: "The browser cannot play this kind of file; a copy that it can play is being made…",
  failed: "The browser cannot play this kind of file, and no copy of it could be made.",
};

export class Panel {
  /**
   * @param info from /v1/info
   * @param job a job that is done
   * @param answer Prediction.to_dict()
   */
  constructor(info, job, answer) {
    Object.assign(this, { info, job, answer });
    this.says = new Says(answer);
    this.timeline = new Timeline(
      answer,
      (branch) => modality(info, branch),
      (time) => this.seek(time),
    );
    this.headline = headline(answer);
    this.table = asTable(answer);
    this.screen = h("div", { class: "screen" });
    this.setJob(job);
    getWaveform(job.id).then(
      (wave) => this.closed || this.timeline.setWave(prepared(wave)),
      () => {},
    );
  }

  /** Something changed about what can be played. */
  setJob(job) {
    const same = this.player && job.media === this.job.media;
    this.job = job;
    if (same) return;
    const at = this.player?.time ?? 0;
    this.player?.close();
    const source = PLAYABLE.has(job.media) ? address(job.id, "media") : null;
    this.player = new Player(source, this.answer, (time) => this.move(time));
    this.screen.replaceChildren(this.player.element);
    if (!source) this.player.stage.append(h("p", { class: "stage-note" }, NOTES[job.media] ?? NOTES.none));
    if (at) this.player.seek(at);
  }

  seek(time) {
    this.player.seek(time);
  }

  move(time) {
    this.timeline.move(time);
    this.says.move(time);
    this.transcript?.move(time);
  }

  close() {
    this.closed = true;
    this.transcript?.close();
    this.player.close();
    this.timeline.close();
  }
}

/** An older answer may come from a model with other branches; its names have to do then. */
function modality(info, branch) {
  const guess = /voice|audio|sound|speech/.test(branch) ? "voice" : "face";
  return info.modalities?.[branch] ?? guess;
}

/** With the loudest sample, to which drawings are scaled; null without sound. */
function prepared({ rate, min, max }) {
  if (!max.length) return null;
  let loudest = 1e-3;
  for (let k = 0; k < max.length; k++) loudest = Math.max(loudest, max[k], -min[k]);
  return { rate, min, max, loudest };
}

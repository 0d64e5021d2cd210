// A place for one clip: progress while it is at work, then the panel, or why there is none.

import { cancelJob, follow, getJob, getResult, isOver, isSettled } from "./api.js";
import { progressBar, words } from "./clip_rows.js";
import { announce, fill, h } from "./dom.js";
import { Panel } from "./panel.js";

const SLOW = 400; // ms after which loading is shown

export class Slot {
  /**
   * @param id of the job
   * @param app `info`, and `refused(error)`
   * @param onJob called with the job as it changes
   * @param onPanel called with the panel once there is one
   */
  constructor(id, app, onJob, onPanel) {
    Object.assign(this, { id, app, onJob, onPanel, panel: null });
    this.element = h("div", { class: "slot" });
    this.status = h("p", { class: "soft" });
    getJob(id).then(
      (job) => this.start(job),
      (error) => this.fail(error),
    );
  }

  close() {
    this.closed = true;
    this.end?.();
    this.panel?.close();
  }

  start(job) {
    if (this.closed) return;
    this.update(job);
    if (!isSettled(job))
      this.end = follow(
        this.id,
        (changed) => this.update(changed),
        (error) => this.fail(error),
      );
  }

  update(job) {
    if (this.closed) return;
    this.job = job;
    this.onJob(job);
    if (job.state === "done") this.load();
    else if (isOver(job)) this.showEnd(job);
    else this.showProgress(job);
  }

  /** Once; what comes later is about what can be played (a preview is made after the answer). */
  async load() {
    this.panel?.setJob(this.job);
    if (this.loading) return;
    this.loading = true;
    const patience = setTimeout(() => this.showLoading(), SLOW);
    try {
      const answer = await getResult(this.id);
      if (this.closed) return;
      this.panel = new Panel(this.app.info, this.job, answer);
      announce(`${this.job.name}: ${words(this.job)}`);
      this.onPanel(this.panel, this.element);
    } catch (error) {
      this.fail(error);
    } finally {
      clearTimeout(patience);
    }
  }

  /** The answer about hours of video takes its time to come. */
  showLoading() {
    if (this.closed) return;
    fill(
      this.element,
      h(
        "section",
        { class: "plate waiting" },
        h("h2", {}, "Getting the answer"),
        progressBar(null, this.job.name),
      ),
    );
  }

  showProgress(job) {
    const cancel = h(
      "button",
      { type: "button", onclick: () => cancelJob(this.id).catch((e) => this.fail(e)) },
      "Cancel",
    );
    if (!this.waiting) {
      this.waiting = h(
        "section",
        { class: "plate waiting" },
        h("h2", {}, "Looking and listening"),
        h("div"),
        this.status,
        cancel,
      );
      fill(this.element, this.waiting);
    }
    this.waiting.children[1].replaceWith(progressBar(job.state === "queued" ? null : job.progress, job.name));
    this.status.textContent = words(job);
  }

  showEnd(job) {
    const cancelled = job.state === "cancelled";
    const text = cancelled ? "This clip was cancelled; there is no answer." : job.error;
    fill(this.element, ending(cancelled ? "Cancelled" : "There is no answer", text));
  }

  fail(error) {
    if (this.closed || this.app.refused(error)) return;
    const gone = error.status === 404;
    const text = gone ? "It may have been deleted; clips are kept for a set time only." : error.message;
    fill(this.element, ending(gone ? "This clip is not here" : "Something went wrong", text));
  }
}

function ending(title, text) {
  return h(
    "section",
    { class: "plate waiting", role: "alert" },
    h("h2", {}, title),
    h("p", {}, h("bdi", {}, text)),
    h("a", { class: "button", href: "#/" }, "All clips"),
  );
}

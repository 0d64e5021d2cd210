// The rows of the list of clips, and those of files that are still being sent.

import { cancelJob, deleteJob, isOver } from "./api.js";
import { tint } from "./colours.js";
import { announce, fill, h, iconButton, setStyle } from "./dom.js";
import { ago, clock, percent } from "./format.js";
import { dismiss } from "./uploads.js";

export class ClipRow {
  /**
   * @param list told of changes: `reload()`, `compare(id, wanted)`, `failed(error)`
   */
  constructor(job, list) {
    this.list = list;
    this.box = h("input", { type: "checkbox", onchange: () => list.compare(job.id, this.box.checked) });
    this.name = h("a", { class: "name", href: `#/clip/${job.id}` }, h("bdi", {}, job.name));
    this.meta = h("span", { class: "soft" });
    this.outcome = h("div", { class: "outcome" });
    this.actions = h("div", { class: "actions" });
    const tick = h(
      "label",
      { class: "tick", title: "Choose for a comparison" },
      this.box,
      h("span", { class: "hidden" }, `Compare ${job.name}`),
    );
    this.element = h(
      "li",
      { class: "clip-row" },
      tick,
      h("div", { class: "what" }, this.name, this.meta),
      this.outcome,
      this.actions,
    );
    this.update(job);
  }

  /** Show the job as it now is. */
  update(job) {
    const before = this.job?.state;
    this.job = job;
    const length = job.duration ? ` · ${clock(job.duration)}` : "";
    this.meta.textContent = ago(job.created) + length;
    this.box.disabled = job.state !== "done";
    fill(this.outcome, outcome(job));
    if (job.state === before) return;
    if (before) announce(`${job.name}: ${words(job)}`);
    fill(this.actions, isOver(job) ? this.deleteButton() : this.cancelButton());
  }

  cancelButton() {
    return iconButton("cancel", `Cancel ${this.job.name}`, () => this.act(cancelJob(this.job.id)));
  }

  deleteButton() {
    return sureButton(`Delete ${this.job.name}`, () => this.act(deleteJob(this.job.id)));
  }

  async act(promise) {
    try {
      await promise;
    } catch (error) {
      this.list.failed(error);
    }
    this.list.reload();
  }
}

/** What came of a job, or how far it is. */
function outcome(job) {
  if (job.state === "done" && job.label) {
    const sure = job.reliable ? null : h("span", { class: "trust no small" }, "uncertain");
    const label = h(
      "span",
      { class: "chip" },
      h("i", { style: { background: tint(job.label) } }),
      h("bdi", {}, job.label),
    );
    return [label, h("span", { class: "share" }, percent(job.confidence)), sure];
  }
  if (isOver(job))
    return h("span", { class: job.state === "failed" ? "error" : "soft", title: job.error }, words(job));
  return [progressBar(job.progress, job.name), h("span", { class: "soft" }, words(job))];
}

/** The state of a job in words. */
export function words(job) {
  if (job.state === "done") return job.label ? `${job.label} ${percent(job.confidence)}` : "no face or voice";
  if (job.state === "failed") return job.error ?? "failed";
  if (job.state === "cancelled") return "cancelled";
  if (job.state === "queued") return job.error ?? "waiting for its turn";
  if (!job.duration) return "at work";
  return `${clock(job.seconds_done ?? 0)} of ${clock(job.duration)}`;
}

/** A bar; null is "nobody knows how far". */
export function progressBar(share, name) {
  const known = share !== null && share !== undefined;
  const bar = h("i", {});
  if (known) setStyle(bar, { width: percent(share) });
  return h(
    "div",
    {
      class: known ? "progress" : "progress unknown",
      role: "progressbar",
      "aria-label": `Progress of ${name}`,
      "aria-valuemin": known && "0",
      "aria-valuemax": known && "100",
      "aria-valuenow": known && String(Math.round(100 * share)),
    },
    bar,
  );
}

/** A button that asks once more before it deletes. */
export function sureButton(label, action) {
  const button = iconButton("bin", label, () => {
    if (button.dataset.sure) return action();
    button.dataset.sure = "yes";
    button.textContent = "Delete?";
    button.setAttribute("aria-label", `${label}? Press again to delete`);
  });
  button.addEventListener("blur", () => {
    delete button.dataset.sure;
    button.replaceChildren(...iconButton("bin", label).childNodes);
    button.setAttribute("aria-label", label);
  });
  return button;
}

/** A file that is being sent, or was refused. */
export function uploadRow(item) {
  const state = item.error
    ? h("span", { class: "error" }, item.error)
    : [
        progressBar(item.share, item.file.name),
        h("span", { class: "soft" }, item.words ?? "waiting to be sent"),
      ];
  const label = item.error ? `Dismiss ${item.file.name}` : `Stop sending ${item.file.name}`;
  return h(
    "li",
    { class: "clip-row sending" },
    h("span", { class: "tick" }),
    h("div", { class: "what" }, h("bdi", { class: "name" }, item.file.name)),
    h("div", { class: "outcome" }, state),
    h(
      "div",
      { class: "actions" },
      iconButton("cancel", label, () => dismiss(item)),
    ),
  );
}

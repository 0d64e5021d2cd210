// The list of earlier clips, with search; follows what is still at work.

import { getJobs, isOver } from "./api.js";
import { ClipRow, uploadRow } from "./clip_rows.js";
import { fill, h } from "./dom.js";
import { uploads } from "./uploads.js";

const PAGE = 20;
const EVERY = 1000; // ms between two looks while something is at work
const chosen = new Set(); // for a comparison; kept while views change

/** Choose a clip for the next comparison. */
export function choose(id) {
  chosen.add(id);
}

export class ClipList {
  /** @param app `refused(error)` takes errors that concern the whole page. */
  constructor(app) {
    Object.assign(this, { app, rows: new Map(), pages: 1, timer: null });
    this.search = h("input", {
      type: "search",
      placeholder: "Search by name",
      "aria-label": "Search clips by name",
      oninput: () => this.later(250),
    });
    this.sending = h("ul", { class: "clips" });
    this.list = h("ul", { class: "clips", "aria-label": "Clips" });
    this.note = h("p", { class: "soft empty" });
    this.more = h(
      "button",
      { type: "button", class: "quiet", hidden: true, onclick: () => this.nextPage() },
      "Show more",
    );
    this.both = h("a", { class: "button", hidden: true }, "Compare side by side");
    this.element = h(
      "section",
      { class: "plate", "aria-labelledby": "clips-title" },
      h("div", { class: "plate-head" }, h("h2", { id: "clips-title" }, "Clips"), this.both, this.search),
      this.sending,
      this.list,
      this.note,
      this.more,
    );
    this.onUploads = () => this.showUploads();
    this.onAccepted = () => this.reload();
    uploads.addEventListener("change", this.onUploads);
    uploads.addEventListener("accepted", this.onAccepted);
    this.showUploads();
    this.reload();
  }

  /** Stop following. */
  close() {
    this.closed = true;
    clearTimeout(this.timer);
    uploads.removeEventListener("change", this.onUploads);
    uploads.removeEventListener("accepted", this.onAccepted);
  }

  later(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.reload(), wait);
  }

  nextPage() {
    this.pages++;
    this.reload();
  }

  /** Look at the server's list again. */
  async reload() {
    clearTimeout(this.timer);
    const turn = (this.turn = Symbol("turn"));
    try {
      const { jobs, next } = await this.fetchAll();
      if (this.closed || turn !== this.turn) return;
      this.show(jobs, next);
      if (!jobs.every(isOver)) this.later(EVERY);
    } catch (error) {
      if (!this.closed && turn === this.turn) this.failed(error);
    }
  }

  async fetchAll() {
    const jobs = [];
    let after = null;
    for (let k = 0; k < this.pages; k++) {
      const page = await getJobs({ limit: PAGE, after, search: this.search.value.trim() });
      jobs.push(...page.jobs);
      after = page.next;
      if (!after) break;
    }
    return { jobs, next: after };
  }

  show(jobs, next) {
    const kept = new Map();
    for (const job of jobs) {
      const row = this.rows.get(job.id);
      row?.update(job);
      kept.set(job.id, row ?? new ClipRow(job, this));
    }
    this.rows = kept;
    this.place([...kept.values()].map(({ element }) => element));
    this.more.hidden = !next;
    this.note.textContent = this.nothing(jobs);
    this.showChosen();
  }

  /** Only what changed is moved, so that a button keeps the focus. */
  place(elements) {
    for (const old of [...this.list.children]) if (!elements.includes(old)) old.remove();
    elements.forEach((element, k) => {
      if (this.list.children[k] !== element) this.list.insertBefore(element, this.list.children[k] ?? null);
    });
  }

  nothing(jobs) {
    if (jobs.length) return "";
    if (this.search.value.trim()) return "No clip has a name like that.";
    return uploads.list.length
      ? ""
      : "Nothing here yet. Clips that you send appear here, with their answers.";
  }

  showUploads() {
    fill(this.sending, uploads.list.map(uploadRow));
  }

  compare(id, wanted) {
    if (wanted) chosen.add(id);
    else chosen.delete(id);
    while (chosen.size > 2) chosen.delete(chosen.values().next().value);
    this.showChosen();
  }

  showChosen() {
    for (const [id, row] of this.rows) row.box.checked = chosen.has(id);
    const [a, b] = chosen;
    this.both.hidden = !b;
    if (b) this.both.href = `#/compare/${a}/${b}`;
  }

  failed(error) {
    if (this.app.refused(error)) return;
    this.note.textContent = error.message;
    if (error.status === 0) this.later(3 * EVERY);
  }
}

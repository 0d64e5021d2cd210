// One clip: picture and answer beside each other, the timeline, each branch, files to take away.

import { deleteJob } from "./api.js";
import { facts } from "./answer.js";
import { choose } from "./clip_list.js";
import { sureButton } from "./clip_rows.js";
import { fill, h, icon } from "./dom.js";
import { exportsOf } from "./exports.js";
import { ago, bytes, clock, roughly } from "./format.js";
import { listenToKeys } from "./keys.js";
import { briefly } from "./meaning.js";
import { Slot } from "./slot.js";
import { Transcript } from "./transcript.js";
import { Usual } from "./usual.js";

/** The view at `#/clip/ID`. */
export function clipView(app, id) {
  const title = h("h1", { tabindex: "-1" }, "…");
  const meta = h("p", { class: "soft" });
  const actions = h("div", { class: "actions" });
  const head = h(
    "div",
    { class: "view-head" },
    h("a", { href: "#/", class: "back" }, icon("back"), "All clips"),
    h("div", {}, title, meta),
    actions,
  );
  const slot = new Slot(id, app, showJob, showPanel);
  const endKeys = listenToKeys(() => (slot.panel ? [slot.panel] : []));
  const view = { title: "Clip", element: h("div", {}, head, slot.element), close };

  function showJob(job) {
    fill(title, h("bdi", {}, job.name));
    meta.textContent = about(job);
    app.setTitle(job.name);
    if (!actions.children.length) fill(actions, deleteButton(app, job));
    if (job.state === "done" && actions.children.length < 2) actions.prepend(compareButton(app, job));
  }

  function close() {
    endKeys();
    slot.close();
  }
  return view;
}

function showPanel(panel, element) {
  const { answer, job } = panel;
  const first = h(
    "div",
    { class: "first" },
    panel.screen,
    h(
      "section",
      { class: "plate answer", "aria-label": "Answer" },
      panel.headline,
      takesTime(answer) && panel.says.choice,
      panel.says.fused.element,
    ),
  );
  const overTime = h(
    "section",
    { class: "plate", "aria-labelledby": "time-title" },
    timeHead(),
    panel.timeline.element,
    panel.timeline.below,
    panel.timeline.legend,
    panel.table,
  );
  fill(
    element,
    h("div", { class: "watch" }, first, takesTime(answer) && overTime),
    takesTime(answer) && transcriptOf(panel),
    takesTime(answer) && answer.probabilities && new Usual(panel).element,
    h(
      "section",
      { class: "plate", "aria-labelledby": "branches-title" },
      h("h2", { id: "branches-title" }, "What each said alone"),
      h(
        "div",
        { class: "branches" },
        panel.says.branches.map((card) => card.element),
      ),
    ),
    h(
      "section",
      { class: "plate", "aria-labelledby": "save-title" },
      h("h2", { id: "save-title" }, "Take it with you"),
      exportsOf(job, answer.size[0] > 0 && takesTime(answer)),
      more(panel),
    ),
    briefly(),
  );
}

function transcriptOf(panel) {
  panel.transcript = new Transcript(panel);
  return panel.transcript.element;
}

/** A still picture has no timeline. */
function takesTime({ source, timeline }) {
  return timeline.length > 0 && source.duration > 0;
}

function timeHead() {
  return h(
    "div",
    { class: "plate-head" },
    h("h2", { id: "time-title" }, "Over time"),
    h("p", { class: "soft hint" }, "Click or drag to seek. Space plays, arrows step."),
  );
}

function more({ answer, job }) {
  return h(
    "details",
    {},
    h("summary", {}, "About this answer"),
    facts([
      ["model", answer.model.name],
      [
        "length",
        clock(answer.source.duration) + (answer.source.complete ? "" : ", not all of it could be read"),
      ],
      ["window", `${job.options.window} s`],
      ["people", String(answer.people.length)],
      ["SHA-256 of the file", answer.source.sha256],
      ["SHA-256 of the model", answer.model.sha256],
    ]),
  );
}

function about(job) {
  const left = job.expires ? (Date.parse(job.expires) - Date.now()) / 1000 : null;
  const parts = [ago(job.created), bytes(job.size), job.duration ? clock(job.duration) : null];
  if (left !== null && left > 0) parts.push(`deleted in ${roughly(left)}`);
  return parts.filter(Boolean).join(" · ");
}

function deleteButton(app, job) {
  const gone = () => app.go("#/");
  return sureButton("Delete this clip", () =>
    deleteJob(job.id).then(gone, (error) => app.refused(error) || gone()),
  );
}

function compareButton(app, job) {
  const start = () => {
    choose(job.id);
    app.go("#/");
  };
  return h("button", { type: "button", class: "quiet", onclick: start }, "Compare with…");
}

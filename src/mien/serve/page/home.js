// Where everything starts: drop or choose clips, try the sample, earlier clips.

import { ask } from "./api.js";
import { ClipList } from "./clip_list.js";
import { announce, h, icon } from "./dom.js";
import { bytes, roughly } from "./format.js";
import { meaning } from "./meaning.js";
import { isTranscript, KINDS, keepFor, takeTranscript } from "./transcript.js";
import { send } from "./uploads.js";

/** The view at `#/`. */
export function homeView(app) {
  const list = new ClipList(app);
  const element = h("div", {}, dropZone(app), list.element, meaning());
  return { title: "Clips", element, close: () => list.close() };
}

/** Send clips; a single one is opened as soon as the server has it. */
async function take(files, app) {
  const transcripts = files.filter(isTranscript);
  const clips = files.filter((file) => !isTranscript(file));
  if (!clips.length && transcripts.length === 1 && takeTranscript(transcripts[0])) return;
  if (!files.length) return;
  if (location.hash !== "#/") app.go("#/");
  const alone = clips.length === 1 && transcripts.length <= 1;
  const jobs = await send(alone ? clips : files, app.info.limits.upload_bytes);
  if (!alone || !jobs.length) return;
  if (transcripts.length) keepFor(jobs[0].id, transcripts[0]);
  if (app.at() === "#/") app.go(`#/clip/${jobs[0].id}`);
}

function dropZone(app) {
  const { limits } = app.info;
  const input = h("input", {
    type: "file",
    id: "files",
    class: "hidden",
    multiple: true,
    accept: `video/*,audio/*,image/*,.mkv,.avi,${KINDS}`,
    onchange: () => take([...input.files], app).then(() => (input.value = "")),
  });
  const kept = roughly(3600 * limits.keep_hours);
  const most = `up to ${bytes(limits.upload_bytes)} and ${roughly(limits.duration)} each`;
  const sample = h(
    "button",
    { type: "button", onclick: () => trySample(app, sample) },
    "Try the sample clip",
  );
  return h(
    "section",
    { class: "drop", "aria-labelledby": "drop-title" },
    icon("faces"),
    h("h1", { id: "drop-title", tabindex: "-1" }, "Drop a clip"),
    h("p", {}, "See which emotion its faces and voices express, and when."),
    h(
      "div",
      { class: "buttons" },
      input,
      h("label", { for: "files", class: "button strong" }, "Choose clips"),
      sample,
    ),
    h(
      "p",
      { class: "soft" },
      `Video or sound, ${most}. It goes to this server only, and is deleted after ${kept}.`,
    ),
  );
}

async function trySample(app, button) {
  button.disabled = true;
  try {
    const clip = await (await ask("sample.mp4")).blob();
    await take([new File([clip], "sample.mp4", { type: "video/mp4" })], app);
  } catch (error) {
    if (!app.refused(error)) announce(error.message);
  }
  button.disabled = false;
}

/** Files may be dropped anywhere on the page. */
export function startDropping(app) {
  const root = document.documentElement;
  let over = 0;
  const has = (event) => [...event.dataTransfer.types].includes("Files");
  const mark = (change) => root.classList.toggle("dropping", (over = Math.max(0, over + change)) > 0);
  addEventListener("dragenter", (event) => has(event) && mark(1));
  addEventListener("dragleave", (event) => has(event) && mark(-1));
  addEventListener("dragover", (event) => has(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!has(event)) return;
    event.preventDefault();
    mark(-over);
    take([...event.dataTransfer.files], app);
  });
}

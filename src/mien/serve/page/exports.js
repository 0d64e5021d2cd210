// The answer as files.

import { address, ask, pause } from "./api.js";
import { announce, fill, h, icon } from "./dom.js";

const FORMATS = [
  ["json", "JSON", "result"],
  ["csv", "CSV", "result.csv"],
  ["parquet", "Parquet", "result.parquet"],
  ["srt", "Subtitles (SRT)", "result.srt"],
  ["html", "Report (HTML)", "result.html"],
  ["eaf", "ELAN", "result.eaf"],
  ["TextGrid", "Praat", "result.textgrid"],
];

/** Links for each form, and a button for the annotated video, which has to be made first. */
export function exportsOf(job, hasPicture) {
  const timed = FORMATS.filter(([ending]) => ending !== "TextGrid" || job.duration > 0);
  const links = timed.map(([ending, title, what]) =>
    h(
      "a",
      { class: "button", href: address(job.id, what), download: fileName(job, ending) },
      icon("save"),
      title,
    ),
  );
  return h("div", { class: "exports" }, links, hasPicture && videoButton(job));
}

function fileName(job, ending) {
  return `${job.name}.${ending}`;
}

function videoButton(job) {
  const note = h("span", { class: "soft", role: "status" });
  const button = h("button", { type: "button", onclick: make }, icon("save"), "Video with boxes (MP4)");
  async function make() {
    button.disabled = true;
    try {
      await whenMade(address(job.id, "result.mp4"), () =>
        fill(note, h("i", { class: "spinner" }), "Drawing the video…"),
      );
      note.textContent = "";
      announce("The video is ready.");
      save(address(job.id, "result.mp4"), fileName(job, "annotated.mp4"));
    } catch (error) {
      note.textContent = error.message;
    }
    button.disabled = false;
  }
  return h("span", { class: "making" }, button, note);
}

/** Ask until it is there; the server says how long to wait. */
async function whenMade(url, onWait) {
  for (;;) {
    const stop = new AbortController();
    const response = await ask(url, { signal: stop.signal });
    if (response.status !== 202) {
      stop.abort(); // the browser downloads it by itself
      return;
    }
    onWait();
    await pause(Number(response.headers.get("Retry-After")) || 1);
  }
}

function save(url, name) {
  h("a", { href: url, download: name }).click();
}

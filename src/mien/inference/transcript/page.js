"use strict";
const clip = document.getElementById("clip");
const rows = [...document.querySelectorAll(".line")];
const now = document.getElementById("now");
const strip = document.querySelector(".strip");
let until = null;

function play(row) {
  clip.currentTime = Number(row.dataset.start) + 0.001;
  until = Number(row.dataset.end);
  clip.play().catch(() => {});
}

function show() {
  const time = clip.currentTime;
  if (until !== null && time >= until) {
    until = null;
    clip.pause();
  }
  for (const row of rows) {
    const here = time >= Number(row.dataset.start) && time < Number(row.dataset.end);
    row.classList.toggle("now", here);
  }
  const lane = document.querySelector(".lane div");
  if (!clip.duration || !lane) return;
  now.hidden = false;
  now.style.left = `${lane.offsetLeft + (lane.offsetWidth * time) / clip.duration}px`;
}

for (const row of rows) {
  row.addEventListener("click", (event) => {
    if (!event.target.closest("details, input")) play(row);
  });
}
strip.addEventListener("click", (event) => {
  const block = event.target.closest("a");
  if (!block) return;
  const row = document.querySelector(block.getAttribute("href"));
  event.preventDefault();
  row.scrollIntoView({ block: "center", behavior: "smooth" });
  play(row);
});
for (const button of document.querySelectorAll(".legend button")) {
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    for (const other of document.querySelectorAll(".legend button"))
      other.setAttribute("aria-pressed", String(on && other === button));
    for (const row of rows) row.classList.toggle("faded", on && row.dataset.label !== button.dataset.label);
  });
}
clip.addEventListener("timeupdate", show);
clip.addEventListener("seeking", show);
clip.addEventListener("loadedmetadata", show);
clip.addEventListener("error", () => (document.getElementById("missing").hidden = false));
if (clip.error) document.getElementById("missing").hidden = false;
document.querySelector("#missing input").addEventListener("change", (event) => {
  const [file] = event.target.files;
  if (!file) return;
  clip.src = URL.createObjectURL(file);
  document.getElementById("missing").hidden = true;
});

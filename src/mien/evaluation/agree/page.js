const video = document.querySelector("video");
const picture = document.querySelector("#picture");
const note = document.querySelector("#playing");
let end = Infinity;
function play(link) {
  const [address, times] = link.getAttribute("href").split("#t=");
  const [from, to] = times.split(",").map(Number);
  for (const other of document.querySelectorAll(".stretch.on")) other.classList.remove("on");
  link.classList.add("on");
  end = to;
  note.textContent = link.title;
  const go = () => { video.currentTime = from; video.play().catch(() => {}); };
  const still = /\.(avif|bmp|gif|jfif|jpe|jpe?g|png|tiff?|webp)$/i.test(address);
  picture.hidden = !still;
  video.hidden = still;
  if (still) { video.pause(); picture.src = address; return; }
  if (video.dataset.address === address && video.readyState) { go(); return; }
  video.dataset.address = address;
  video.addEventListener("loadedmetadata", go, { once: true });
  video.src = address;
  video.load();
}
if (video) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.stretch");
    if (!link) return;
    event.preventDefault();
    play(link);
  });
  video.addEventListener("timeupdate", () => {
    if (video.currentTime >= end) { video.pause(); end = Infinity; }
  });
  video.addEventListener("error", () => {
    note.textContent = "This browser cannot play " + decodeURIComponent(video.dataset.address.split("/").pop()) + ".";
  });
}

// Keys of the page: space plays, arrows step.

import { takesKeys } from "./dom.js";

const STEP = 0.5; // s
const STRIDE = 5; // s, with shift
const FRAME = 1 / 25; // s

/**
 * Listen to keys for one or two clips.
 *
 * @param panels function that gives the panels concerned
 * @returns a function that ends this
 */
export function listenToKeys(panels) {
  const listener = (event) => {
    const onSlider = event.target.closest?.("[role=slider]");
    if (event.ctrlKey || event.metaKey || event.altKey || (takesKeys(event.target) && !onSlider)) return;
    const concerned = onSlider ? panels().filter((p) => p.timeline.element.contains(onSlider)) : panels();
    if (concerned.length && act(event, concerned)) event.preventDefault();
  };
  document.addEventListener("keydown", listener);
  return () => document.removeEventListener("keydown", listener);
}

function act({ key, shiftKey }, panels) {
  if (key === " " || key === "k") {
    const play = !panels.some(({ player }) => player.playing);
    for (const { player } of panels) player.toggle(play);
    return true;
  }
  const step = steps(shiftKey)[key];
  if (step === undefined) return false;
  for (const panel of panels) panel.seek(step(panel.player.time, panel.player.duration));
  return true;
}

function steps(shift) {
  const far = shift ? STRIDE : STEP;
  return {
    ArrowLeft: (time) => time - far,
    ArrowRight: (time) => time + far,
    ArrowDown: (time) => time - far,
    ArrowUp: (time) => time + far,
    PageDown: (time) => time - STRIDE,
    PageUp: (time) => time + STRIDE,
    Home: () => 0,
    End: (_, duration) => duration,
    ",": (time) => time - FRAME,
    ".": (time) => time + FRAME,
  };
}

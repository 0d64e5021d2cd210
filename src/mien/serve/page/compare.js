// Two clips side by side.

import { fill, h, icon } from "./dom.js";
import { listenToKeys } from "./keys.js";
import { briefly } from "./meaning.js";
import { Slot } from "./slot.js";

/** The view at `#/compare/ID/ID`. */
export function compareView(app, ...ids) {
  const sides = ids.map((id) => side(app, id));
  const panels = () => sides.map(({ slot }) => slot.panel).filter(Boolean);
  const both = h(
    "button",
    { type: "button", onclick: () => playBoth(panels()) },
    icon("play"),
    "Play both from here",
  );
  const head = h(
    "div",
    { class: "view-head" },
    h("a", { href: "#/", class: "back" }, icon("back"), "All clips"),
    h("h1", { tabindex: "-1" }, "Side by side"),
    h("div", { class: "actions" }, both),
  );
  const endKeys = listenToKeys(panels);
  const close = () => {
    endKeys();
    for (const { slot } of sides) slot.close();
  };
  const pair = h(
    "div",
    { class: "pair" },
    sides.map(({ element }) => element),
  );
  return { title: "Side by side", element: h("div", {}, head, pair, briefly()), close };
}

function side(app, id) {
  const title = h("h2", {}, "…");
  const showJob = (job) => fill(title, h("a", { href: `#/clip/${job.id}` }, h("bdi", {}, job.name)));
  const slot = new Slot(id, app, showJob, showPanel);
  return { slot, element: h("article", {}, title, slot.element) };
}

function showPanel(panel, element) {
  const { answer, says } = panel;
  fill(
    element,
    panel.screen,
    h(
      "section",
      { class: "plate answer", "aria-label": "Answer" },
      panel.headline,
      says.choice,
      says.fused.element,
    ),
    answer.timeline.length > 0 &&
      h(
        "section",
        { class: "plate", "aria-label": "Over time" },
        panel.timeline.element,
        panel.timeline.below,
        panel.timeline.legend,
        panel.table,
      ),
    h(
      "section",
      { class: "plate", "aria-label": "What each said alone" },
      h(
        "div",
        { class: "branches" },
        says.branches.map((card) => card.element),
      ),
    ),
  );
}

/** Start both at the first one's position. */
function playBoth(panels) {
  const play = !panels.some(({ player }) => player.playing);
  if (play) for (const panel of panels) panel.seek(Math.min(panels[0].player.time, panel.player.duration));
  for (const { player } of panels) player.toggle(play);
}

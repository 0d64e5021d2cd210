// The page's start: what the server is, and which view the address asks for.

import { getInfo, getJobs } from "./api.js";
import { clipView } from "./clip.js";
import { useColours } from "./colours.js";
import { compareView } from "./compare.js";
import { fill, h } from "./dom.js";
import { homeView, startDropping } from "./home.js";
import { keyView } from "./key.js";
import { liveView } from "./live.js";
import { meaning } from "./meaning.js";
import { startTheme } from "./theme.js";

const place = document.getElementById("view");
let view = null;

const app = {
  info: null,
  at: () => location.hash || "#/",
  go: (hash) => {
    location.hash = hash;
  },
  setTitle: (title) => {
    document.title = `${title} – mien`;
  },
  /** True where an error means that a key is needed first. */
  refused: (error) => {
    if (error.status !== 401) return false;
    show(keyView(route));
    return true;
  },
};

function wanted() {
  const [name, ...rest] = app.at().slice(2).split("/");
  if (name === "clip" && rest.length === 1) return clipView(app, rest[0]);
  if (name === "compare" && rest.length === 2) return compareView(app, ...rest);
  if (name === "live") return liveView(app);
  if (name === "about") return aboutView();
  return homeView(app);
}

function aboutView() {
  return {
    title: "About",
    element: h("div", {}, h("h1", { tabindex: "-1", class: "hidden" }, "About"), meaning()),
    close: () => {},
  };
}

function route() {
  show(wanted());
}

function show(next) {
  view?.close();
  const first = view === null;
  view = next;
  app.setTitle(view.title);
  fill(place, view.element);
  const here = app.at() === "#/live" ? "#/live" : "#/";
  for (const link of document.querySelectorAll("header nav a")) {
    if (link.hash === here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (first) return;
  scrollTo(0, 0);
  place.querySelector("h1")?.focus({ preventScroll: true });
}

async function start() {
  startTheme(document.getElementById("theme"));
  try {
    app.info = await getInfo();
    useColours(app.info.colours);
    document.getElementById("version").textContent = `mien ${app.info.version}, model ${app.info.model.name}`;
    addEventListener("hashchange", route);
    startDropping(app);
    if (app.info.key_needed) await getJobs({ limit: 1 });
    route();
  } catch (error) {
    if (app.refused(error)) return;
    fill(place, h("p", { class: "plate error", role: "alert" }, error.message));
  }
}

start();

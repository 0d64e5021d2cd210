// One stretch after another: play it, take a label by one key, send it, go on. A label that could
// not be sent stays in the browser's storage and is sent again, also after a reload.

const at = (id) => document.getElementById(id);
const video = at("clip");
const NO_USE = "-";
const state = { coder: "", labels: {}, tasks: [], marks: {}, file: "", index: 0, seen: new Set() };

const newElement = (tag, text = "", kind = "") => {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = kind;
  return element;
};

async function fetchJson(path, options = {}) {
  const answer = await fetch(path, options);
  if (answer.status === 401) {
    const key = prompt("This server wants a key:");
    if (key) {
      await fetch("/v1/session", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ key }) });
      return fetchJson(path, options);
    }
  }
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.detail || answer.statusText);
  return content;
}

function trouble(text) {
  at("trouble").textContent = text;
  at("trouble").hidden = !text;
}

// What has been given and not yet acknowledged: {task: {label, answer_seen}}, kept over reloads.
const store = () => `mien annotate ${state.coder}`;
const waiting = () => JSON.parse(localStorage.getItem(store()) || "{}");
const keep = (marks) => localStorage.setItem(store(), JSON.stringify(marks));
let sending = false;

async function send() {
  if (sending) return;
  sending = true;
  try {
    for (const [task, mark] of Object.entries(waiting())) {
      await fetchJson(`/v1/annotation/coders/${encodeURIComponent(state.coder)}/${task}`, {
        method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(mark),
      });
      const left = waiting();
      if (JSON.stringify(left[task]) === JSON.stringify(mark)) delete left[task];
      keep(left);
    }
    trouble("");
  } catch (error) {
    trouble(`Not saved yet: ${error.message}. It is kept here and sent again.`);
  }
  sending = false;
}

function give(label) {
  const task = state.tasks[state.index];
  if (label === null) delete state.marks[task.id]; else state.marks[task.id] = label;
  keep({ ...waiting(), [task.id]: { label, answer_seen: state.seen.has(task.id) } });
  send();
  if (label === null) { show(); return; }
  const next = following();
  if (next >= 0) state.index = next;
  show();
}

function following() {
  const count = state.tasks.length;
  for (let step = 1; step <= count; step += 1) {
    const index = (state.index + step) % count;
    if (!(state.tasks[index].id in state.marks)) return index;
  }
  return -1;
}

const stretch = (task) => (task.start === null && task.end === null ? "" :
  `, ${(task.start || 0).toFixed(1)} to ${task.end === null ? "the end" : `${task.end.toFixed(1)} s`}`);

function show() {
  const task = state.tasks[state.index];
  const left = state.tasks.filter((entry) => !(entry.id in state.marks)).length;
  at("left").textContent = left ? `${left} of ${state.tasks.length} left` : `all ${state.tasks.length} are labelled`;
  at("title").textContent = `${state.index + 1}. ${task.clip}${stretch(task)}`;
  for (const button of at("labels").children) {
    const on = state.marks[task.id] === button.dataset.label;
    button.classList.toggle("on", on);
    button.setAttribute("aria-pressed", on);
  }
  [...at("dots").children].forEach((dot, k) => {
    const mark = state.marks[state.tasks[k].id];
    dot.className = [mark === NO_USE ? "none" : mark ? "given" : "", k === state.index ? "here" : ""].join(" ");
  });
  at("done").textContent = `The labels are in ${state.file}`;
  at("done").hidden = left > 0;
  at("hint").open = false;
  at("answer").replaceChildren();
  play(task);
}

function play(task) {
  const address = `/v1/annotation/clips/${task.id}`;
  const still = /\.(avif|bmp|gif|jfif|jpe|jpe?g|png|tiff?|webp)$/i.test(task.clip);
  at("unplayable").hidden = true;
  at("still").hidden = !still;
  video.hidden = still;
  if (still) { video.pause(); at("still").src = address; return; }
  if (video.dataset.address !== address) {
    video.dataset.address = address;
    video.src = address;
  }
  again();
}

function again() {
  const task = state.tasks[state.index];
  const go = () => { video.currentTime = task.start || 0; video.play().catch(() => {}); };
  if (video.readyState) go(); else video.addEventListener("loadedmetadata", go, { once: true });
}

video.addEventListener("timeupdate", () => {
  const task = state.tasks[state.index];
  if (task && task.end !== null && video.currentTime >= task.end && !video.paused) video.pause();
});
video.addEventListener("error", () => { if (!video.hidden) at("unplayable").hidden = false; });

at("hint").addEventListener("toggle", async () => {
  if (!at("hint").open || at("answer").childElementCount) return;
  const task = state.tasks[state.index];
  state.seen.add(task.id);
  localStorage.setItem(`${store()} seen`, JSON.stringify([...state.seen]));
  at("answer").replaceChildren(newElement("p", "mien is looking at the clip …"));
  let rows;
  try {
    const { probabilities } = await fetchJson(`/v1/annotation/answers/${task.id}`);
    rows = probabilities ? Object.entries(probabilities).sort((a, b) => b[1] - a[1]).flatMap(bar)
      : [newElement("p", "Nothing to go by: neither a face nor a voice.")];
  } catch (error) {
    rows = [newElement("p", error.message)];
  }
  if (task === state.tasks[state.index]) at("answer").replaceChildren(...rows);
});

function bar([label, value]) {
  const line = newElement("i");
  line.style.width = `${100 * value}%`;
  const track = newElement("span");
  track.append(line);
  return [newElement("span", label), track, newElement("span", `${Math.round(100 * value)} %`)];
}

function move(step) {
  state.index = (state.index + step + state.tasks.length) % state.tasks.length;
  show();
}

const ACTIONS = {
  ArrowLeft: () => move(-1), ArrowRight: () => move(1), b: () => move(-1), " ": again,
  Backspace: () => give(null), m: () => { at("hint").open = !at("hint").open; },
};

document.addEventListener("keydown", (event) => {
  if (at("work").hidden || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const label = key === "0" ? NO_USE : Object.keys(state.labels).find((name) => state.labels[name] === key);
  if (label) give(label); else if (ACTIONS[key]) ACTIONS[key](); else return;
  event.preventDefault();
});

function button(label, key) {
  const element = newElement("button", label === NO_USE ? "of no use" : label);
  element.dataset.label = label;
  element.prepend(newElement("kbd", key));
  element.addEventListener("click", () => give(label));
  return element;
}

async function begin(coder) {
  const [everything, saved] = await Promise.all([
    fetchJson("/v1/annotation"), fetchJson(`/v1/annotation/coders/${encodeURIComponent(coder)}`),
  ]);
  Object.assign(state, everything, saved);
  state.seen = new Set(JSON.parse(localStorage.getItem(`${store()} seen`) || "[]"));
  for (const [task, mark] of Object.entries(waiting())) {
    if (mark.label === null) delete state.marks[task]; else state.marks[task] = mark.label;
  }
  history.replaceState(null, "", `?coder=${encodeURIComponent(state.coder)}`);
  at("who").textContent = state.coder;
  at("labels").replaceChildren(...Object.entries(state.labels).map(([label, key]) => button(label, key)), button(NO_USE, "0"));
  at("dots").replaceChildren(...state.tasks.map((task, k) => {
    const dot = newElement("button");
    dot.title = `${k + 1}. ${task.clip}${stretch(task)}`;
    dot.setAttribute("aria-label", dot.title);
    dot.addEventListener("click", () => { state.index = k; show(); });
    return dot;
  }));
  state.index = state.tasks.length - 1;
  state.index = Math.max(0, following());
  at("start").hidden = true;
  at("work").hidden = false;
  send();
  setInterval(() => { if (Object.keys(waiting()).length) send(); }, 2000);
  show();
}

at("back").addEventListener("click", () => move(-1));
at("skip").addEventListener("click", () => move(1));
at("again").addEventListener("click", again);
at("undo").addEventListener("click", () => give(null));
at("start").addEventListener("submit", (event) => {
  event.preventDefault();
  begin(at("name").value.trim()).then(() => trouble("")).catch((error) => trouble(error.message));
});

const named = new URLSearchParams(location.search).get("coder");
at("start").hidden = Boolean(named);
if (named) begin(named).catch((error) => { trouble(error.message); at("start").hidden = false; });

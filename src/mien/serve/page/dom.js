// Elements without markup: nothing that comes from a file or a model is ever parsed as HTML.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element.
 *
 * `on...` are listeners, `style` is an object of CSS properties (set through the object model,
 * which the content security policy allows), true sets an attribute without a value, and what is
 * null, undefined or false is left out.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

function set(element, name, value) {
  if (value == null || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "style") setStyle(element, value);
  else element.setAttribute(name, value === true ? "" : value);
}

/** Set CSS properties; custom ones (`--tint`) too. */
export function setStyle(element, properties) {
  for (const [name, value] of Object.entries(properties)) element.style.setProperty(name, value);
}

/** One of the symbols in index.html. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** A button with a symbol and a name that screen readers say and the pointer shows. */
export function iconButton(name, label, onclick, attributes = {}) {
  const known = { type: "button", class: "round", "aria-label": label, title: label };
  return h("button", { ...known, ...attributes, onclick }, icon(name));
}

/** Change the symbol and the name of an `iconButton`. */
export function relabel(button, name, label) {
  button.replaceChildren(icon(name));
  button.setAttribute("aria-label", label);
  button.title = label;
}

/** A name that may go on in a new line after an underscore. */
export function breaking(name) {
  return name.split(/(?<=_)/).flatMap((part, k) => (k ? [document.createElement("wbr"), part] : [part]));
}

/** Put these in place of all that is in an element. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/** Say something to screen readers without moving the focus. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** True where a key press belongs to the element that has the focus. */
export function takesKeys(element) {
  return element.closest?.("input, textarea, select, button, a, summary, dialog, [role=slider]") != null;
}

// Probabilities as bars with their numbers.

import { tint } from "./colours.js";
import { breaking, h, setStyle } from "./dom.js";
import { percent } from "./format.js";

const LETTER = 8.6; // px of the column of names for a letter
const [NARROWEST, WIDEST] = [78, 160]; // px of that column

export class Bars {
  /** One row a label, in the order of the labels; `caption` is for screen readers. */
  constructor(labels, caption) {
    this.rows = new Map(labels.map((label) => [label, row(label)]));
    const letters = Math.max(...labels.map((label) => label.length));
    const width = Math.min(WIDEST, Math.max(NARROWEST, LETTER * letters + 10));
    const rows = [...this.rows.values()].map(({ element }) => element);
    this.element = h(
      "table",
      { class: "bars", "aria-label": caption, style: { "--names": `${width}px` } },
      h("tbody", {}, rows),
    );
  }

  /** Show probabilities; null empties the bars. */
  show(probabilities) {
    const most = Math.max(...Object.values(probabilities ?? {}), 0);
    for (const [label, { element, bar, number }] of this.rows) {
      const share = probabilities?.[label] ?? 0;
      setStyle(bar, { width: `${100 * share}%`, "min-width": probabilities ? "2px" : "0" });
      number.textContent = probabilities ? percent(share) : "–";
      element.classList.toggle("best", probabilities != null && share === most);
    }
    return this;
  }
}

function row(label) {
  const bar = h("i", { style: { background: tint(label) } });
  const number = h("b", {});
  const cell = h("td", {}, h("div", { class: "bar" }, h("span", {}, bar), number));
  return { element: h("tr", {}, h("th", { scope: "row" }, breaking(label)), cell), bar, number };
}

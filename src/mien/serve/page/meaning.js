// What an answer means, and what it does not mean.

import { h } from "./dom.js";

const POINTS = [
  [
    "It is about expression",
    "mien says what faces and voices seem to express. It does not know what anybody feels: people " +
      "feel things that they do not show, and show things that they do not feel.",
  ],
  [
    "It can be wrong",
    "The model that comes with mien learned mostly from posed pictures and acted speech, and every " +
      "model errs, for some people more than for others. “Uncertain” means: take it as a guess.",
  ],
  [
    "Where it must not be used",
    "Do not decide anything about a person by it. In the European Union it is forbidden to infer " +
      "emotions of people at work or in education (AI Act, Article 5(1)(f); medical and safety reasons " +
      "apart), and elsewhere people have to be told. Ask before you analyse somebody.",
  ],
];

/** The note in full. */
export function meaning() {
  return h(
    "section",
    { class: "plate meaning", "aria-labelledby": "meaning-title" },
    h("h2", { id: "meaning-title" }, "What the answer means, and what it does not"),
    h(
      "div",
      { class: "points" },
      POINTS.map(([title, text]) => h("div", {}, h("h3", {}, title), h("p", {}, text))),
    ),
  );
}

/** The note in one line, for pages that are about an answer. */
export function briefly() {
  return h(
    "p",
    { class: "soft brief" },
    "What the face and the voice seem to express, not what a person feels. Do not decide anything about " +
      "a person by it; in the EU it must not be used at work or in education. ",
    h("a", { href: "#/about" }, "What the answer means"),
  );
}

// A server with keys wants one; the page trades it for a cookie and does not keep it.

import { signIn } from "./api.js";
import { h } from "./dom.js";

/** The view while there is no session; `onKey` is called when there is one. */
export function keyView(onKey) {
  const input = h("input", { type: "password", id: "key", autocomplete: "current-password", required: true });
  const wrong = h("p", { class: "error", role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    wrong.textContent = "";
    try {
      await signIn(input.value);
      onKey();
    } catch (error) {
      wrong.textContent = error.status === 401 ? "This key does not fit." : error.message;
      input.select();
    }
  };
  const element = h(
    "section",
    { class: "plate narrow", "aria-labelledby": "key-title" },
    h("h1", { id: "key-title", tabindex: "-1" }, "This server needs a key"),
    h(
      "p",
      { class: "soft" },
      "Whoever runs it can give you one. The page keeps a cookie for twelve hours, not the key.",
    ),
    h(
      "form",
      { onsubmit: submit },
      h("label", { for: "key" }, "Key"),
      input,
      h("button", { class: "strong" }, "Open"),
      wrong,
    ),
  );
  return { title: "Key", element, close: () => {} };
}

// The form for changing an entry: words beside the fields, and what belongs to the kind that is chosen.

import "vuurtoren/page";
import { count } from "vuurtoren/pin-words";

const form = document.getElementById("edit-form");
const kind = form.elements.kind;

function showKind() {
  for (const one of form.querySelectorAll("[data-kinds]")) one.hidden = !one.dataset.kinds.split(" ").includes(kind.value);
}

form.addEventListener("input", (event) => count(event.target));
form.addEventListener("change", (event) => {
  if (event.target === kind) showKind();
  if (event.target.id === "move") window.dispatchEvent(new Event("resize")); // the map looks how large it is
});
for (const one of form.querySelectorAll("[data-most]")) count(one);
document.getElementById("summary")?.focus();

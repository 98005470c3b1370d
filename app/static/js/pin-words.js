// Words beside the fields while someone types: how many characters are left, and how others will see a person.

import { fill, words } from "vuurtoren/page";

// From four fifths of what fits on, the field says how much is left; beyond it, how much is too much.
export function count(field) {
  const most = Number(field.dataset?.most);
  if (!most) return;
  const left = most - [...field.value].length;
  let line = document.getElementById(`${field.id}-left`);
  if (left > most / 5) {
    line?.remove();
    return;
  }
  if (!line) {
    line = document.createElement("p");
    line.id = `${field.id}-left`;
    line.className = "vuurtoren-left";
    line.setAttribute("role", "status");
    field.after(line);
  }
  line.textContent = left < 0 ? fill(words.over, { count: -left }) : fill(words.left, { count: left });
}

export function preview(form) {
  const card = document.getElementById("pin-preview");
  if (!card || card.hidden) return;
  card.querySelector("strong").textContent = form.elements.title.value.trim() || "…";
  const seen = document.getElementById("others-see")?.textContent.trim();
  if (seen) card.querySelector("[data-place]").textContent = seen;
  const audience = form.querySelector('[name="audience"]:checked')?.value ?? "builders";
  for (const one of card.querySelectorAll("[data-audience]")) one.hidden = one.dataset.audience !== audience;
}

// The search field as a combobox (ARIA Authoring Practices): a list of what was found, chosen by arrow keys or a tap.

import { streetsLike } from "vuurtoren/place-ask";
import { field, say, words } from "vuurtoren/place-form";
import { fill } from "vuurtoren/page";

const PAUSE_MS = 180;

export function search(onChoose) {
  const input = field("street");
  const list = document.createElement("ul");
  Object.assign(list, { id: "street-list", className: "vuurtoren-place__list", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", words.suggestions);
  input.after(list);
  const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "street-list" };
  for (const [name, text] of Object.entries(attributes)) input.setAttribute(name, text);
  const told = document.getElementById("street-said");
  let found = [];
  let active = -1;
  let waiting;
  let asking;

  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function point(index) {
    active = index;
    [...list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === index)));
    const option = list.children[index];
    if (!option) return;
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function show() {
    list.replaceChildren(...found.map(({ name, more }, index) => {
      const option = document.createElement("li");
      option.id = `street-option-${index}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      const [title, place] = [document.createElement("strong"), document.createElement("span")];
      title.textContent = name;
      place.textContent = more;
      option.append(title, " ", place);
      return option;
    }));
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    told.textContent = found.length === 1 ? words.oneResult : found.length ? fill(words.results, { count: found.length }) : "";
    say(found.length ? "" : words.noResults);
  }

  async function look() {
    asking?.abort();
    const text = input.value.trim();
    if (text.length < 2) {
      found = [];
      close();
      return;
    }
    asking = new AbortController();
    try {
      found = await streetsLike(text, asking.signal);
      active = -1; // nothing of the new list is pointed at
      input.removeAttribute("aria-activedescendant");
      show();
    } catch (error) {
      if (error.name !== "AbortError") say(words.failed);
    }
  }

  function choose(index) {
    const one = found[index];
    clearTimeout(waiting); // what was still being looked for would open the list again
    asking?.abort();
    close();
    if (one) onChoose(one, input.value);
  }

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, PAUSE_MS);
  });
  input.addEventListener("keydown", (event) => {
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) look();
      else point((active + (key === "ArrowDown" ? 1 : -1) + (active < 0 && key === "ArrowUp" ? 1 : 0) + found.length) % found.length);
    } else if (key === "Enter" && !list.hidden) {
      event.preventDefault(); // the form is not sent while there is something to choose
      choose(Math.max(active, 0));
    } else if (key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose([...list.children].indexOf(option));
  });
  input.addEventListener("blur", close);
}

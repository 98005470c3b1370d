// The search field with what fits below it: a combobox after the ARIA Authoring Practices, with a list in groups.
// Focus stays in the field; the arrow keys walk through the list, Enter chooses, Escape closes, then empties.

import { symbol } from "vuurtoren/asset-panel";
import { fill, language, words } from "vuurtoren/page";

const WAIT_MS = 180;
const LEAST = 2;

function option(id, parts, choose) {
  const made = document.createElement("li");
  made.id = id;
  made.setAttribute("role", "option");
  made.setAttribute("aria-selected", "false");
  made.className = "vuurtoren-found__option";
  made.append(...parts.filter(Boolean));
  made.choose = choose;
  return made;
}

function said(text, className) {
  const made = document.createElement(className === "name" ? "bdi" : "span");
  made.className = `vuurtoren-found__${className}`;
  made.textContent = text;
  return made;
}

// A title in the language in which it was written.
function named({ title, language: written }) {
  const made = said(title, "name");
  if (written !== language) made.lang = written;
  return made;
}

// field: the input; list: the listbox; status: where the number is said. `view` gives the box that the map shows, `on`
// the day, and `choose` what to do with {area | street | asset | gift | words}.
export function searchBox(field, list, status, { view, on, choose }) {
  let waiting;
  let asked;
  let active = -1;

  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "false");

  const options = () => [...list.querySelectorAll("[role=option]")];

  function close() {
    clearTimeout(waiting);
    asked?.abort();
    list.hidden = true;
    list.replaceChildren();
    active = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
    status.textContent = "";
  }

  function point(at) {
    const all = options();
    if (!all.length) return;
    active = (at + all.length) % all.length;
    all.forEach((one, index) => one.setAttribute("aria-selected", String(index === active)));
    field.setAttribute("aria-activedescendant", all[active].id);
    all[active].scrollIntoView({ block: "nearest" });
  }

  function take(one) {
    const { choose: chosen } = one;
    close();
    chosen();
  }

  function show(found, text) {
    const groups = [
      [words.search.areas, found.areas, (one) => [said(one.name, "name"), said(one.place, "place")], "area"],
      [words.search.streets, found.streets, (one) => [said(one.name, "name"), one.place && said(one.place, "place")], "street"],
      [words.search.assets, found.assets, (one) => [symbol(one.kind, one.freshness), named(one), one.place && said(one.place, "place")], "asset"],
      [words.search.gifts, found.gifts, (one) => [said(one.what, "name"), said(words.giftOf[one.of] ?? "", "place")], "gift"],
    ];
    let number = 0;
    list.replaceChildren();
    for (const [name, rows, parts, what] of groups) {
      if (!rows.length) continue;
      const group = document.createElement("li");
      group.setAttribute("role", "presentation");
      const inner = document.createElement("ul");
      inner.setAttribute("role", "group");
      inner.setAttribute("aria-label", name);
      const heading = said(name, "group");
      heading.setAttribute("aria-hidden", "true");
      for (const row of rows) {
        const id = `found-${number}`;
        number += 1;
        inner.append(option(id, parts(row), () => choose({ [what]: row })));
      }
      group.append(heading, inner);
      list.append(group);
    }
    const all = option("found-all", [said(fill(words.search.all, { words: text }), "all")], () => choose({ words: text }));
    list.append(all);
    list.hidden = false;
    active = -1;
    field.setAttribute("aria-expanded", "true");
    field.removeAttribute("aria-activedescendant");
    status.textContent = number ? fill(number === 1 ? words.search.one : words.search.many, { count: number }) : words.search.none;
  }

  async function ask() {
    const text = field.value.trim();
    asked?.abort();
    if (text.length < LEAST) return close();
    asked = new AbortController();
    const { signal } = asked;
    try {
      const found = await fetched(text, signal);
      if (signal.aborted) return undefined;
      if (!found) return close();
      if (document.activeElement === field) show(found, text);
    } catch {
      if (!signal.aborted) close(); // no connection: Enter still asks for the list
    }
    return undefined;
  }

  async function fetched(text, signal) {
    const parameters = new URLSearchParams({ q: text, bbox: view() });
    if (on()) parameters.set("on", on());
    const response = await fetch(`/search?${parameters}`, { signal });
    return response.ok ? response.json() : undefined;
  }

  // Enter: the whole name of a street or an area goes there, as choosing it does; other words ask for the list.
  async function enter() {
    const text = field.value.trim();
    close();
    if (text.length < LEAST) return choose({ words: text });
    asked = new AbortController();
    const { signal } = asked;
    const isNamed = ({ name }) => name.localeCompare(text, language, { sensitivity: "base" }) === 0;
    let place;
    try {
      const { streets = [], areas = [] } = (await fetched(text, signal)) ?? {};
      const street = streets.find(isNamed);
      const area = areas.find(isNamed);
      place = (street && { street }) ?? (area && { area });
    } catch {
      // no connection: the words alone
    }
    if (signal.aborted) return undefined;
    return choose(place ?? { words: text });
  }

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    if (!field.value.trim()) {
      close();
      choose({ words: "" });
    } else waiting = setTimeout(ask, WAIT_MS);
  });
  field.addEventListener("keydown", (event) => {
    const { key } = event;
    if (key === "ArrowDown" && list.hidden) ask();
    if (key === "Escape" && !list.hidden) {
      event.preventDefault(); // the first Escape closes the list only
      close();
    }
    if (list.hidden) return;
    if (key === "ArrowDown") point(active + 1);
    else if (key === "ArrowUp") point(active < 0 ? -1 : active - 1);
    else if (key === "Enter" && active >= 0) take(options()[active]);
    else return;
    event.preventDefault();
  });
  field.form.addEventListener("submit", (event) => {
    event.preventDefault();
    enter();
  });
  // a press on an option must not take the focus from the field before the click comes
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const one = event.target.closest("[role=option]");
    if (one) take(one);
  });
  field.addEventListener("blur", close);

  return { close };
}

// The fields of the where-step: what they say, and filling them in. A script chooses nothing that a form could not say.

import { words as all } from "vuurtoren/page";

export const words = all.place ?? {};

const box = document.getElementById("place");
export const form = box?.closest("form");

export const field = (name) => form.elements.namedItem(name);

export function kind() {
  return String(new FormData(form).get("kind") ?? "");
}

// thing, street_initiative or person
export function mode() {
  return ["street_initiative", "person"].includes(kind()) ? kind() : "thing";
}

export function value(name) {
  return String(new FormData(form).get(name) ?? "");
}

// A change that the script made: whoever keeps drafts hears of it, and the script does not answer itself.
export const OURS = "place";
const tell = (element) => element.dispatchEvent(new CustomEvent("change", { bubbles: true, detail: OURS }));

export function fill(name, text) {
  const element = field(name);
  if (!element || element.value === text) return;
  element.value = text;
  tell(element);
}

// What was found by name and chosen: a hidden field in place of the radio buttons of a page without script.
export function choose(found) {
  document.querySelector(".vuurtoren-place__found")?.remove();
  let hidden = box.querySelector("input[type=hidden][name=found]");
  if (!hidden) {
    hidden = document.createElement("input");
    Object.assign(hidden, { type: "hidden", name: "found" });
    box.append(hidden);
  }
  hidden.value = found;
  tell(hidden);
}

export function chooseArea({ code, name }) {
  const select = field("area");
  if (!select) return;
  if (![...select.options].some((option) => option.value === code)) select.add(new Option(name, code));
  fill("area", code);
}

export function say(text) {
  const said = document.getElementById("place-said");
  if (said.textContent !== text) said.textContent = text;
}

// The place is chosen now: what was said to be wrong with it before is not so any more.
export function mended() {
  for (const name of ["place", "street", "found", "house_number", "longitude", "latitude", "show", "area"]) {
    document.getElementById(`${name}-fault`)?.remove();
    for (const one of box.querySelectorAll(`[name="${name}"][aria-invalid]`)) one.removeAttribute("aria-invalid");
    document.querySelector(`.vuurtoren-summary li:has(a[href="#${name}"])`)?.remove();
  }
  const summary = document.querySelector(".vuurtoren-summary:has(ul)");
  if (summary && !summary.querySelector("li")) summary.remove();
}

// --- streets of an initiative ---

const streetBox = () => document.getElementById("place-streets");

export const blocks = () => [...streetBox().querySelectorAll("[data-street]")];

export const blockOf = (id) => blocks().find((block) => block.dataset.street === String(id));

// A number that no street of the form has yet: names of fields stay as they are when one in between is left out.
export function freeNumber() {
  const taken = new Set(blocks().map((block) => Number(block.dataset.suffix.slice(1)) || 1));
  let number = 1;
  while (taken.has(number)) number += 1;
  return number;
}

export function addBlock(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const block = document.adoptNode(page.querySelector("[data-street]"));
  streetBox().append(block);
  tell(form);
  return block;
}

export function stretchOf(block) {
  const { suffix } = block.dataset;
  const one = (name) => block.querySelector(`[name="${name}${suffix}"]`);
  return {
    way: () => block.querySelector(`[name="stretch${suffix}"]:checked`)?.value ?? "whole",
    choose(way) {
      const radio = block.querySelector(`[name="stretch${suffix}"][value="${way}"]`);
      if (way === "drawn") block.querySelector("[data-drawn]").hidden = false;
      if (radio) radio.checked = true;
    },
    end: (name) => one(name)?.value,
    // A place that is no corner has no key: the select then says that it is on the map.
    setEnd(name, key) {
      const select = one(name);
      if (!select) return;
      let own = select.querySelector('option[value=""]');
      if (!key && !own) {
        own = new Option(words.between, "");
        select.add(own);
      }
      if (key) own?.remove();
      select.value = key ?? "";
    },
    // The whole street is chosen: nothing in the form says a part of it.
    clear() {
      for (const name of ["from_number", "to_number"]) if (one(name)) one(name).value = "";
      const [from, to] = [one("from_end"), one("to_end")];
      if (!from || !to) return;
      for (const select of [from, to]) select.querySelector('option[value=""]')?.remove();
      from.selectedIndex = 0;
      to.selectedIndex = to.options.length - 1;
    },
    lines: () => [...block.querySelectorAll(`input[name="line${suffix}"]`)].map((input) => JSON.parse(input.value)),
    setLine(geometry) {
      for (const old of block.querySelectorAll(`input[name="line${suffix}"]`)) old.remove();
      if (!geometry) {
        block.querySelector("[data-drawn]").hidden = true;
        return;
      }
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name: `line${suffix}`, value: JSON.stringify(geometry) });
      block.append(input);
    },
    told: () => tell(form),
  };
}

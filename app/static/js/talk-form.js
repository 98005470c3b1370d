// The form of a conversation: choosing a street, a day and a number with a thumb. Without this script it works as well.

import { distance, here } from "vuurtoren/nearness";
import { fill, settings, words } from "vuurtoren/page";
import { finder } from "vuurtoren/street-finder";

const MOST_SHOWN = 6;
const FAR_M = 1000;
const byId = (id) => document.getElementById(id);

// The day on this phone's calendar, so many days ago.
function localDay(back) {
  const day = new Date();
  day.setDate(day.getDate() - back);
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

function choice(street, checked) {
  const label = document.createElement("label");
  label.className = "vuurtoren-pill";
  const input = Object.assign(document.createElement("input"), { type: "radio", name: "where", value: street.where, checked });
  const text = document.createElement("span");
  const name = document.createElement("bdi");
  name.textContent = street.name;
  text.append(name);
  if (street.more) {
    const more = document.createElement("small");
    more.textContent = ` ${street.more}`;
    text.append(more);
  }
  label.append(input, " ", text);
  const item = document.createElement("li");
  item.append(label);
  return item;
}

export function talkForm() {
  const form = byId("talk-form");
  const list = byId("street-choices");
  const search = byId("street");
  const said = byId("street-said");
  const streets = settings.streets ?? [];
  const find = finder(streets);
  const offered = [...list.children]; // what the page came with: the last streets

  const chosen = () => form.querySelector("input[name=where]:checked")?.value;

  function offer(found) {
    const now = chosen();
    list.replaceChildren(...found.map((street) => choice(street, street.where === now)));
  }

  function choose(street) {
    search.value = "";
    const there = [...list.querySelectorAll("input")].find((input) => input.value === street.where);
    if (there) there.checked = true;
    else list.prepend(choice(street, true));
    said.textContent = "";
  }

  let asked;
  async function lookUp(typed) {
    asked = new AbortController();
    const response = await fetch(`/conversations/streets?${new URLSearchParams({ q: typed })}`, { signal: asked.signal });
    return response.ok ? (await response.json()).map((one) => ({ ...one, more: one.place })) : [];
  }

  search.addEventListener("input", async () => {
    const typed = search.value.trim();
    said.textContent = "";
    asked?.abort(); // an answer for fewer letters comes too late
    if (!typed) {
      list.replaceChildren(...offered);
      return;
    }
    let found = find(typed, MOST_SHOWN);
    if (!found.length && typed.length > 3) {
      try {
        found = await lookUp(typed);
      } catch {
        return; // without a network, or typed on
      }
    }
    offer(found);
    const template = found.length ? (found.length === 1 ? words.foundOne : words.found) : typed.length > 3 ? words.foundNone : "";
    said.textContent = fill(template, { count: found.length });
  });
  // A street that is chosen from the list counts, and what was typed to find it does not.
  list.addEventListener("change", () => { search.value = ""; said.textContent = ""; });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // Enter takes the first street, and does not send the form half-way
    const first = list.querySelector("input");
    if (!first || !search.value.trim()) return;
    first.checked = true;
    first.focus();
    search.value = "";
    said.textContent = "";
  });

  const near = byId("near-me");
  if (near && streets.length) {
    near.hidden = false;
    near.addEventListener("click", async () => {
      let place;
      try {
        place = await here();
      } catch {
        said.textContent = words.nowhere;
        return;
      }
      const measured = streets.map((street) => ({ street, metres: distance(place, street.line) }));
      const closest = measured.sort((a, b) => a.metres - b.metres).slice(0, MOST_SHOWN).filter(({ metres }) => metres < FAR_M);
      if (!closest.length) {
        said.textContent = words.far;
        return;
      }
      offer(closest.map(({ street, metres }) => ({ ...street, more: fill(words.distance, { count: Math.round(metres / 5) * 5 }) })));
      list.querySelector("input").checked = true;
      said.textContent = words.near;
    });
  }

  // --- when: a day is a date at once, so that it stays right when the form is sent later ---
  const day = byId("held_on");
  day.addEventListener("change", () => { form.querySelector("input[name=day][value=other]").checked = true; });
  form.addEventListener("formdata", ({ formData }) => {
    const back = { today: 0, yesterday: 1 }[formData.get("day")];
    if (back === undefined) return;
    formData.set("held_on", localDay(back));
    formData.set("day", "other");
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === "day" && event.target.value === "other" && !day.value) day.showPicker?.();
  });

  // --- with how many ---
  const number = byId("neighbours");
  byId("stepper").addEventListener("click", (event) => {
    const button = event.target.closest("button[data-step]");
    if (!button) return;
    const now = Number.parseInt(number.value, 10);
    number.value = String(Math.min(Math.max((Number.isFinite(now) ? now : 1) + Number(button.dataset.step), 1), 10_000));
  });

  byId("faults")?.focus();
  return { choose };
}

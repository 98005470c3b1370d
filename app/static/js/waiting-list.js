// The list of what waits on this device: open and change, throw away, see what was said of it. Texts by textContent.

import { openDB } from "idb";
import { fill, longDate, settings, words } from "vuurtoren/page";
import { isVisible, isWaiting, waitingStore } from "vuurtoren/waiting-store";

const store = waitingStore(openDB);
const byId = (id) => document.getElementById(id);
const list = byId("waiting-list");

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function button(text, act, look = "secondary-action") {
  const made = element("button", `utrecht-button utrecht-button--${look}`, text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

function link(text, href, look = "secondary-action") {
  const made = element("a", `utrecht-button utrecht-button--${look}`, text);
  made.href = href;
  return made;
}

// What the server said, from the page that it answered with: what stands beside the fields, or the paragraphs of an error.
function reasons({ answer = "" }) {
  const page = new DOMParser().parseFromString(answer, "text/html");
  const alike = [...page.querySelectorAll(".vuurtoren-alike li bdi")].map((one) => one.textContent);
  if (alike.length) return [words.alike, ...alike];
  const faults = [...page.querySelectorAll('[id$="-fault"]')];
  const told = faults.length ? faults : page.querySelectorAll("main [role=alert], main .vuurtoren-prose > p:not(:has(.utrecht-button))");
  return [...told].map((one) => one.textContent.replace(/\s+/g, " ").trim()).filter(Boolean).slice(0, 6);
}

function heading(item) {
  const what = item.form === "conversation" ? words.conversation : (words.kinds[item.kind] ?? words.pin);
  const title = element("h2", "", item.title || what);
  title.dir = "auto";
  const date = fill(words.made, { date: longDate(new Date(item.madeAt).toISOString()) });
  const parts = [item.title ? what : "", date].filter(Boolean);
  return [title, element("p", "vuurtoren-waiting__about", parts.join(" · "))];
}

function buttons(item) {
  const row = element("p", "vuurtoren-panel__buttons");
  if (item.state === "sent") {
    row.append(link(words.see, item.link, "primary-action"), button(words.done, () => store.remove(item.id).then(draw)));
    return row;
  }
  if (item.state === "sign-in") row.append(link(words.signIn, `/sign-in?${new URLSearchParams({ next: "/waiting" })}`, "primary-action"));
  if (item.state === "look") row.append(button(words.different, () => again(item), "primary-action"));
  row.append(link(words.open, `${item.action}?${new URLSearchParams({ waiting: item.id })}`));
  row.append(button(words.remove, () => ask(row, item), "subtle"));
  return row;
}

// Throwing away is asked once more, in the same place.
function ask(row, item) {
  const sure = element("span", "", words.sure);
  const yes = button(words.yes, () => store.remove(item.id).then(draw));
  const no = button(words.no, () => row.replaceWith(buttons(item)), "subtle");
  row.replaceChildren(sure, yes, no);
  yes.focus();
}

async function again(item) {
  const fields = [...item.fields.filter(([name]) => name !== "different"), ["different", "yes"]];
  await store.change(item.id, { fields, key: crypto.randomUUID(), state: "waiting", answer: "" });
  window.dispatchEvent(new Event("vuurtoren-send"));
}

function row(item) {
  const made = element("li", `vuurtoren-waiting__item vuurtoren-waiting__item--${item.state}`);
  made.append(...heading(item), element("p", "vuurtoren-waiting__state", words.states[item.state]));
  if (item.kind === "person" && isWaiting(item)) made.append(element("p", "vuurtoren-waiting__about", words.nobody));
  if (item.state === "refused" || item.state === "look") {
    const told = element("ul", "vuurtoren-waiting__reasons");
    for (const reason of reasons(item)) told.append(element("li", "", reason));
    made.append(told);
  }
  made.append(buttons(item));
  return made;
}

async function draw() {
  const items = await store.all();
  const account = settings.account ?? null;
  const mine = items.filter((item) => isVisible(item, account));
  const others = items.filter((item) => !isVisible(item, account) && isWaiting(item)).length;
  list.replaceChildren(...mine.map(row));
  byId("waiting-none").hidden = mine.length > 0 || others > 0;
  byId("waiting-signed-out").hidden = others === 0 || account !== null;
  byId("waiting-others").hidden = others === 0 || account === null;
  byId("waiting-others").textContent = others === 1 ? words.otherOne : fill(words.other, { count: others });
  byId("waiting-said").textContent = !navigator.onLine && mine.some(isWaiting) ? words.noNetwork : "";
}

store.setAccount(settings.account ?? null);
store.onChange(draw);
for (const happened of ["vuurtoren-sent", "online", "offline"]) window.addEventListener(happened, draw);
draw();

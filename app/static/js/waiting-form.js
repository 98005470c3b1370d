// A form that can wait: without a network, what was filled in is put away on this device and sent later. Such a form has
// `data-waits` (pin or conversation) and `data-account`; the hidden field `key` is made anew for each sending.

import { openDB } from "idb";
import { identify } from "vuurtoren/waiting-send";
import { waitingStore } from "vuurtoren/waiting-store";

const PATIENCE_MS = 5000;
const HELD_MS = 3_600_000; // while someone has it open to change it, it is not sent
const LEFT_OUT = new Set(["form_token", "key"]);
const SYNC = "vuurtoren-waiting";

const store = waitingStore(openDB);
const form = document.querySelector("form[data-waits]");
const account = Number(form.dataset.account) || null;
const opened = new URLSearchParams(window.location.search).get("waiting");
let passing = false; // the form is on its way to the server
let busy = false;

// The step that sends it: a form of several steps has a field that says so.
const isLast = (submitter) => !["back", "what", "where"].includes(submitter?.value) && (form.elements.step?.value ?? "tell") === "tell";

document.addEventListener("submit", async (event) => {
  if (event.target !== form || passing || !isLast(event.submitter)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (busy) return;
  busy = true;
  try {
    if (opened) return await putAway(event.submitter);
    let who;
    try {
      who = await identify(PATIENCE_MS);
    } catch {
      return await putAway(event.submitter);
    }
    if (account !== null && who.account !== account) return await putAway(event.submitter);
    form.elements.form_token.value = who.token; // that of a page that was kept may be too old
    passing = true;
    form.requestSubmit(event.submitter);
    setTimeout(() => { passing = false; }, 1000);
  } finally {
    busy = false;
  }
}, true);

async function putAway(submitter) {
  const sent = [...new FormData(form, submitter)];
  const fields = sent.filter(([name, value]) => !LEFT_OUT.has(name) && !(value instanceof File && !value.size));
  const kind = form.elements.kind?.value ?? "";
  const before = opened ? await store.get(opened) : undefined;
  await store.put({
    id: before?.id ?? crypto.randomUUID(),
    key: crypto.randomUUID(), // what was changed is another thing than what was refused
    form: form.dataset.waits,
    action: new URL(form.action).pathname,
    fields,
    kind,
    title: kind === "person" ? "" : nameOf(Object.fromEntries(fields)),
    account: before ? before.account : account,
    madeAt: before?.madeAt ?? Date.now(),
    state: "waiting",
  });
  // it waits now, and is no draft any more
  if (form.dataset.waits === "pin") (await import("vuurtoren/pin-draft")).forget(form.elements.key.value);
  const registration = await navigator.serviceWorker?.getRegistration();
  await registration?.sync?.register(SYNC).catch(() => {});
  passing = true;
  window.location.assign("/waiting");
}

// What it is called in the list: a title, or the street of a conversation.
function nameOf(values) {
  if (values.title) return values.title;
  const chosen = form.querySelector('input[name="where"]:checked')?.closest("label")?.querySelector("bdi")?.textContent;
  return values.street || chosen || "";
}

// --- opened from the list, to be changed ---

function fill(fields) {
  const given = new Map();
  for (const [name, value] of fields) given.set(name, [...(given.get(name) ?? []), value]);
  for (const [name, values] of given) {
    if (["step", "go", "different"].includes(name)) continue;
    let left = [...values];
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (field.type === "file") continue;
      if (["radio", "checkbox"].includes(field.type)) {
        field.checked = values.includes(field.value);
        left = left.filter((value) => value !== field.value);
      } else if (left.length) field.value = left.shift();
    }
    for (const value of left) addChoice(name, value);
  }
  for (const field of form.elements) if (field.type !== "file") field.dispatchEvent(new Event("change", { bubbles: true }));
}

// A choice that this page does not offer, as a street that was found by its name: it goes along unseen.
function addChoice(name, value) {
  if (typeof value !== "string") return;
  const hidden = Object.assign(document.createElement("input"), { type: "hidden", name, value });
  form.prepend(hidden);
}

async function open() {
  const item = await store.get(opened);
  if (!item || item.state === "sent") return;
  await store.change(opened, { heldUntil: Date.now() + HELD_MS });
  fill(item.fields);
  window.addEventListener("pagehide", () => { if (!passing) store.change(opened, { heldUntil: 0 }); });
}

// A page that was kept may be opened many times: each time it is another form.
if (document.documentElement.dataset.kept) form.elements.key.value = crypto.randomUUID();
store.setAccount(account).catch(() => {});
if (opened) open();

// The form for putting something on the map, step by step on one page: what the buttons would ask the server, this does
// at once. The server still reads everything at the end; what is wrong comes back as a page, with all that was typed.

import { settings, words } from "vuurtoren/page";
import { begin, forget, keep, kept, sending } from "vuurtoren/pin-draft";
import { count, preview } from "vuurtoren/pin-words";

const form = document.getElementById("pin-form");
const steps = [...form.querySelectorAll("section[data-step]")].map((one) => one.dataset.step);
const back = form.querySelector('[value="back"]');
let step = form.elements.step.value;
let begun = false;
const offer = document.getElementById("pin-kept");
let before = null; // what was typed in another form and not sent
begin(form);

const chosenKind = () => form.querySelector('[name="kind"]:checked')?.value ?? "";

// What belongs to some kinds only is shown when one of them is chosen.
function showKind() {
  const kind = chosenKind();
  for (const one of form.querySelectorAll("[data-kinds]")) one.hidden = !one.dataset.kinds.split(" ").includes(kind);
  const more = form.querySelector(".vuurtoren-optional-fields");
  if (kind === "person" && more) more.open = true; // their gifts are what it is about
  preview(form);
}

function show(wanted, { focus = true } = {}) {
  step = wanted;
  form.elements.step.value = wanted;
  for (const section of form.querySelectorAll("section[data-step]")) section.hidden = section.dataset.step !== wanted;
  for (const one of document.querySelectorAll(".vuurtoren-steps [data-step]")) {
    if (one.dataset.step === wanted) one.setAttribute("aria-current", "step");
    else one.removeAttribute("aria-current");
  }
  back.hidden = wanted === steps[0];
  offer.hidden = !before || wanted !== steps[0];
  const last = wanted === steps.at(-1);
  for (const one of form.querySelectorAll("[data-until]")) one.hidden = last;
  for (const one of form.querySelectorAll("[data-from]")) one.hidden = !last;
  if (!focus) return;
  for (const one of form.querySelectorAll(".vuurtoren-summary, .vuurtoren-alike")) one.remove();
  window.scrollTo({ top: 0 });
  document.getElementById(`step-${wanted}`).querySelector("h1").focus({ preventScroll: true });
  window.dispatchEvent(new Event("resize")); // a map that was hidden looks how large it is
}

// A step forward stands in the history, so that the back button of the phone goes a step back; it holds no words.
function go(wanted) {
  show(wanted);
  window.history.pushState({ step: wanted }, "", `#${wanted}`);
  keep(form);
}

function faultOfKind() {
  const fault = document.getElementById("kind-fault") ?? document.createElement("p");
  fault.id = "kind-fault";
  fault.className = "vuurtoren-fault";
  fault.setAttribute("role", "alert");
  fault.textContent = words.chooseKind;
  form.querySelector(".vuurtoren-kinds").before(fault);
  form.querySelector('[name="kind"]').focus();
}

// Whether the place can be used, as the server sees it; without a network the end will tell.
async function placeIsRight() {
  try {
    const answer = await fetch(settings.placeCheck, { method: "POST", body: new FormData(form) });
    if (!answer.ok) return true;
    const { faults = {} } = await answer.json();
    return Object.keys(faults).length === 0;
  } catch {
    return true;
  }
}

async function forward(button) {
  if (step === "what") {
    if (!chosenKind()) return faultOfKind();
    document.getElementById("kind-fault")?.remove();
    return go("where");
  }
  button.disabled = true;
  const right = await placeIsRight();
  button.disabled = false;
  if (right) return go("tell");
  return send(button);
}

function send(button) {
  begun = true;
  form.requestSubmit(button);
}

form.addEventListener("click", (event) => {
  const button = event.target.closest('button[name="go"]');
  if (!button || begun) return;
  if (button.value === "back") {
    event.preventDefault();
    if (window.history.state?.step === step) window.history.back();
    else show(steps[Math.max(steps.indexOf(step) - 1, 0)]);
  } else if (step !== steps.at(-1)) {
    event.preventDefault();
    forward(button);
  }
});

// Sent once, however often the button is pressed; the key of the form would make one entry of it anyway.
form.addEventListener("submit", (event) => {
  if (form.dataset.sending) event.preventDefault();
  // later: without a network another script may keep it for when there is one
  setTimeout(() => {
    if (event.defaultPrevented) return;
    form.dataset.sending = "yes";
    if (step === steps.at(-1)) sending(form);
  });
});
window.addEventListener("pageshow", () => {
  delete form.dataset.sending;
  begun = false;
});

window.addEventListener("popstate", (event) => show(event.state?.step ?? steps[0]));
window.history.replaceState({ step: step === steps[0] ? undefined : step }, "");

form.addEventListener("input", (event) => {
  count(event.target);
  preview(form);
  keep(form);
});
form.addEventListener("change", (event) => {
  if (event.target.name === "kind") showKind();
  preview(form);
  keep(form);
});

// --- what was typed before, in a tab that was closed ---

function offerKept() {
  before = kept(form);
  offer.hidden = !before;
  if (before) offer.querySelector("bdi").textContent = before.title;
}
if (step === steps[0] && !document.getElementById("summary")) {
  offerKept();
  offer.querySelector("#pin-go-on").addEventListener("click", () => {
    // The server shows it: it knows what belongs to a street that was chosen.
    const again = document.createElement("form");
    again.method = "post";
    again.action = form.action;
    const fields = [...before.fields, ["form_token", form.elements.form_token.value], ["go", before.step]];
    for (const [name, value] of fields) {
      const field = document.createElement("textarea"); // keeps lines, as a hidden input does not
      field.name = name;
      field.value = value;
      again.append(field);
    }
    again.hidden = true;
    document.body.append(again);
    again.submit();
  });
  offer.querySelector("#pin-forget").addEventListener("click", () => {
    forget(before.key);
    offerKept(); // perhaps there is an older one
    form.querySelector("h1").focus();
  });
}

showKind();
for (const one of form.querySelectorAll("[data-most]")) count(one);
const summary = document.getElementById("summary");
if (summary) summary.focus();
else if (step !== steps[0]) document.getElementById(`step-${step}`).querySelector("h1").focus({ preventScroll: true });

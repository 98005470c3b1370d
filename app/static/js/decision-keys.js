// One key for each decision on /moderation: A take over, W or E change first, R refuse, J and K to the next and the
// previous one, ? shows the keys. They do nothing while someone types, and can be switched off (WCAG 2.1.4).

const OFF = "vuurtoren-keys-off";
const keys = document.getElementById("keys");
const onBox = document.getElementById("keys-on");
const all = () => [...document.querySelectorAll(".vuurtoren-suggestion")];

const isOff = () => {
  try {
    return localStorage.getItem(OFF) === "1";
  } catch {
    return false;
  }
};

const remember = (off) => {
  try {
    if (off) localStorage.setItem(OFF, "1");
    else localStorage.removeItem(OFF);
  } catch {
    // a browser that keeps nothing has the keys on again next time
  }
};

const types = (element) =>
  element instanceof HTMLElement &&
  (element.isContentEditable || element.matches("input:not([type=checkbox], [type=radio]), textarea, select"));

/** The suggestion that the keys are about: the one with the focus in it, else the first. */
const current = () => {
  const within = document.activeElement?.closest(".vuurtoren-suggestion");
  return within ?? all()[0] ?? null;
};

const go = (step) => {
  const list = all();
  const within = document.activeElement?.closest(".vuurtoren-suggestion");
  const at = within ? list.indexOf(within) + step : 0;
  const next = list[Math.min(Math.max(at, 0), list.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
};

const press = (name) => current()?.querySelector(`[data-key="${name}"]`)?.click();

const refuse = () => {
  const details = current()?.querySelector(".vuurtoren-refuse");
  if (!details) return;
  details.open = true;
  details.querySelector("select")?.focus();
};

const help = () => {
  keys.open = !keys.open;
  if (keys.open) keys.querySelector("summary").focus();
};

const DEEDS = {
  a: () => press("accept"),
  w: () => press("change"),
  e: () => press("change"),
  r: refuse,
  j: () => go(1),
  k: () => go(-1),
  "?": help,
};

if (keys && onBox) {
  keys.hidden = false;
  onBox.checked = !isOff();
  onBox.addEventListener("change", () => remember(!onBox.checked));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
    const deed = DEEDS[event.key.toLowerCase()];
    if (!deed || types(event.target) || (!onBox.checked && event.key !== "?")) return;
    event.preventDefault();
    deed();
  });
  // after a decision the next one is under the keys at once
  if (new URLSearchParams(location.search).has("done")) all()[0]?.focus({ preventScroll: true });
}

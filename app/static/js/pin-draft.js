// What was typed and not yet sent, kept on the device so that a closed tab loses nothing: each form by its own key, so
// that a second one leaves the first as it was. Words about a person are kept for as long as the tab is open and no
// longer: a phone at a kitchen table is passed around.

const NAME = "vuurtoren-pin:";
const SENT = "vuurtoren-pin-sent";
const DAYS = 14;
// Of this page only, of no use later, or nobody's business.
const LEFT_OUT = new Set(["form_token", "go", "different", "extra", "contact", "messages_to", "place_step", "wording_version", "wording_language"]);
// What alone is nothing to lose.
const NO_WORDS = new Set(["kind", "key", "step"]);
let untouched = "";

const fieldsOf = (form) =>
  [...new FormData(form)].filter(([name, value]) => typeof value === "string" && value && !LEFT_OUT.has(name));
const saidIn = (form) => JSON.stringify(fieldsOf(form).filter(([name]) => !NO_WORDS.has(name)));

// Remembers how the form was before anyone typed, and that it is not on its way to the server.
export function begin(form) {
  untouched = saidIn(form);
  attempt(() => window.sessionStorage.removeItem(SENT));
}

// Without room, or in a browser that keeps nothing, the form works all the same.
function attempt(work) {
  try {
    return work();
  } catch {
    return undefined;
  }
}

// The form as it is now, when there is something in it to lose.
export function keep(form) {
  const fields = fieldsOf(form);
  const values = Object.fromEntries(fields);
  const name = NAME + values.key;
  const [mine, other] =
    values.kind === "person" ? [window.sessionStorage, window.localStorage] : [window.localStorage, window.sessionStorage];
  attempt(() => {
    const known = mine.getItem(name) ?? other.getItem(name);
    other.removeItem(name);
    if (!values.kind || (!known && saidIn(form) === untouched)) return;
    const title = values.title?.trim() || document.querySelector(`#kind-${values.kind.replace("_", "-")} ~ * strong`)?.textContent || "";
    mine.setItem(name, JSON.stringify({ at: Date.now(), key: values.key, step: values.step, title, fields }));
  });
}

function all(storage) {
  const found = [];
  for (const name of Object.keys(storage).filter((one) => one.startsWith(NAME))) {
    const draft = attempt(() => JSON.parse(storage.getItem(name)));
    if (draft && Date.now() - draft.at < DAYS * 86_400_000) found.push(draft);
    else storage.removeItem(name);
  }
  return found;
}

// The newest that was left, apart from the form on this page.
export function kept(form) {
  const own = form.elements.key.value;
  const found = attempt(() => [...all(window.sessionStorage), ...all(window.localStorage)]) ?? [];
  return found.filter(({ key }) => key !== own).sort((one, other) => other.at - one.at)[0] ?? null;
}

export function forget(key) {
  for (const storage of ["sessionStorage", "localStorage"]) attempt(() => window[storage].removeItem(NAME + key));
}

// This form is on its way: when the page after it is there, it is no draft any more.
export function sending(form) {
  attempt(() => window.sessionStorage.setItem(SENT, form.elements.key.value));
}

export function forgetSent() {
  attempt(() => {
    const key = window.sessionStorage.getItem(SENT);
    if (key) forget(key);
    window.sessionStorage.removeItem(SENT);
  });
}

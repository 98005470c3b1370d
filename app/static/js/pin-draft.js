// What was typed and not yet sent, kept on the device so that a closed tab loses nothing.
// Words about a person are kept for as long as the tab is open and no longer: a phone at a kitchen table is passed around.

const NAME = "vuurtoren-pin";
const DAYS = 14;
// Of this page only, of no use later, or nobody's business.
const LEFT_OUT = new Set(["form_token", "go", "different", "extra", "contact", "place_step", "wording_version", "wording_language"]);

function stored(storage) {
  try {
    const found = JSON.parse(storage.getItem(NAME) ?? "null");
    return found && Date.now() - found.at < DAYS * 86_400_000 ? found : null;
  } catch {
    return null;
  }
}

// The form as it is now, when there is something in it to lose.
export function keep(form) {
  const fields = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !LEFT_OUT.has(name));
  const values = Object.fromEntries(fields);
  const [mine, other] =
    values.kind === "person" ? [window.sessionStorage, window.localStorage] : [window.localStorage, window.sessionStorage];
  try {
    other.removeItem(NAME);
    if (!values.kind) return;
    const title = values.title?.trim() || document.querySelector(`#kind-${values.kind.replace("_", "-")} ~ * strong`)?.textContent || "";
    mine.setItem(NAME, JSON.stringify({ at: Date.now(), step: values.step, title, fields: fields.filter(([, value]) => value) }));
  } catch {
    // no room, or a browser that keeps nothing: the form works all the same
  }
}

export function kept() {
  try {
    return stored(window.sessionStorage) ?? stored(window.localStorage);
  } catch {
    return null;
  }
}

export function forget() {
  for (const storage of ["sessionStorage", "localStorage"]) {
    try {
      window[storage].removeItem(NAME);
    } catch {
      // nothing was kept
    }
  }
}

// The legend is the filter: which kinds, which theme, which gift, which words. Read from the form, written to the form.

const TICKED = ["kind", "freshness", "open"];
const TYPED = ["theme", "area", "on", "gift", "talent"];
const WAIT_MS = 350;

export function filters(form) {
  const fields = [...form.elements];
  const boxes = (name) => fields.filter((field) => field.name === name && field.type === "checkbox");
  const field = (name) => form.elements.namedItem(name);
  let q = field("q")?.value.trim() ?? ""; // the words asked for; what is being typed is not asked for yet

  const read = () => {
    const found = { q };
    for (const name of TICKED) found[name] = boxes(name).filter((box) => box.checked).map((box) => box.value);
    for (const name of TYPED) found[name] = field(name)?.value.trim() ?? "";
    return found;
  };

  // The filters as parameters of an address; null where nothing is asked.
  const asked = () => Object.fromEntries(Object.entries(read()).map(([name, value]) => [name, value.length ? value : null]));

  // After "back": the form shows what the address says.
  const write = (parameters) => {
    for (const name of TICKED) {
      const chosen = new Set(parameters.getAll(name));
      for (const box of boxes(name)) box.checked = chosen.has(box.value);
    }
    for (const name of TYPED) {
      const one = field(name);
      if (one) one.value = parameters.get(name) ?? "";
    }
    search(parameters.get("q") ?? "");
  };

  const search = (words) => {
    q = words;
    field("q").value = words;
  };

  const set = (values) => {
    for (const [name, value] of Object.entries(values)) if (field(name)) field(name).value = value;
  };

  // Tells at once what was ticked or chosen, and a little after the last letter typed. The search field is not among
  // them: it has a list of its own (search-box.js).
  const onChange = (tell) => {
    let waiting;
    for (const one of fields) {
      if (one.name === "talent") {
        one.addEventListener("input", () => {
          clearTimeout(waiting);
          waiting = setTimeout(() => tell("talent"), WAIT_MS);
        });
      } else if (one.name && one.name !== "q") {
        // a date that is still being typed is no date yet
        one.addEventListener("change", () => { if (one.validity.valid) tell(one.name); });
      }
    }
  };

  return { read, asked, write, search, set, onChange };
}

// The legend is the filter: which kinds, which theme, which words. Read from the form, written to the form.

export function filters(form) {
  const fields = [...form.elements];
  const boxes = (name) => fields.filter((field) => field.name === name && field.type === "checkbox");
  const ticked = (name) => boxes(name).filter((box) => box.checked).map((box) => box.value);
  const field = (name) => form.elements.namedItem(name);

  const read = () => ({
    kind: ticked("kind"),
    freshness: ticked("freshness"),
    theme: field("theme")?.value ?? "",
    area: field("area")?.value ?? "",
    on: field("on")?.value ?? "",
    q: field("q")?.value.trim() ?? "",
  });

  // After "back": the form shows what the address says.
  const write = (parameters) => {
    for (const name of ["kind", "freshness"]) {
      const chosen = new Set(parameters.getAll(name));
      for (const box of boxes(name)) box.checked = chosen.has(box.value);
    }
    for (const name of ["theme", "area", "on", "q"]) {
      const one = field(name);
      if (one) one.value = parameters.get(name) ?? "";
    }
  };

  // Tells at once what was ticked or chosen, and a little after the last letter typed.
  const onChange = (tell) => {
    let waiting;
    for (const one of fields) {
      if (one.name === "q") {
        one.addEventListener("input", () => {
          clearTimeout(waiting);
          waiting = setTimeout(() => tell("q"), 350);
        });
      } else if (one.name) {
        // a date that is still being typed is no date yet
        one.addEventListener("change", () => { if (one.validity.valid) tell(one.name); });
      }
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(waiting);
      tell("q");
    });
  };

  return { read, write, onChange };
}

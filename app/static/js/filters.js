// The legend is the filter: which kinds, which theme, which words. Read from the form, written to the form.

export function filters(form) {
  const fields = [...form.elements];
  const boxes = fields.filter((field) => field.name === "kind");
  const field = (name) => form.elements.namedItem(name);

  const read = () => ({
    kind: boxes.filter((box) => box.checked).map((box) => box.value),
    theme: field("theme")?.value ?? "",
    area: field("area")?.value ?? "",
    q: field("q")?.value.trim() ?? "",
  });

  // After "back": the form shows what the address says.
  const write = (parameters) => {
    const kinds = new Set(parameters.getAll("kind"));
    for (const box of boxes) box.checked = kinds.has(box.value);
    for (const name of ["theme", "area", "q"]) {
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
        one.addEventListener("change", () => tell(one.name));
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

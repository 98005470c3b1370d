// Day or night by the visitor's choice on this page: the colours that theme.css has for the other one, put on the page.
// They are read from the style sheet itself, so that a municipality's own theme file counts here too.

const NIGHT = "prefers-color-scheme: dark";

function rulesOf(sheet) {
  try {
    return [...sheet.cssRules];
  } catch {
    return []; // a style sheet of another host, put there by an extension
  }
}

// The custom properties of :root, by day or by night, in the order of the style sheets.
function properties(night) {
  const found = new Map();
  const take = (rules) => {
    for (const rule of rules) {
      if (rule.selectorText !== ":root") continue;
      for (const name of rule.style) {
        if (name.startsWith("--vuurtoren-")) found.set(name, rule.style.getPropertyValue(name));
      }
    }
  };
  for (const sheet of document.styleSheets) {
    const rules = rulesOf(sheet);
    take(rules);
    if (!night) continue;
    for (const rule of rules) if (rule.conditionText?.includes(NIGHT)) take([...rule.cssRules]);
  }
  return found;
}

export function setScheme(scheme) {
  const root = document.documentElement;
  root.dataset.scheme = scheme;
  root.style.colorScheme = scheme;
  for (const [name, value] of properties(scheme === "dark")) root.style.setProperty(name, value);
}

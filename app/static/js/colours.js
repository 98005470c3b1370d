// Colours by name: the page's custom properties first (a municipality's theme file), then the map's own style.

const dark = window.matchMedia("(prefers-color-scheme: dark)");

export const screenIsDark = () => dark.matches;

// Whether the page is dark: by the visitor's own choice on this page (scheme.js), else by their screen.
export function isDark() {
  const { scheme } = document.documentElement.dataset;
  return scheme ? scheme === "dark" : dark.matches;
}

export function palette(style) {
  const page = getComputedStyle(document.documentElement);
  const own = isDark() ? style.palette.dark : style.palette.light;
  const colours = {};
  for (const [name, colour] of Object.entries(own)) {
    colours[name] = page.getPropertyValue(`--vuurtoren-${name}`).trim() || colour;
  }
  return colours;
}

export function onSchemeChange(tell) {
  dark.addEventListener("change", tell);
}

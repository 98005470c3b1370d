// Colours by name: the page's custom properties first (a municipality's theme file), then the map's own style.

const dark = window.matchMedia("(prefers-color-scheme: dark)");

export function palette(style) {
  const page = getComputedStyle(document.documentElement);
  const own = dark.matches ? style.palette.dark : style.palette.light;
  const colours = {};
  for (const [name, colour] of Object.entries(own)) {
    colours[name] = page.getPropertyValue(`--vuurtoren-${name}`).trim() || colour;
  }
  return colours;
}

export function onSchemeChange(tell) {
  dark.addEventListener("change", tell);
}

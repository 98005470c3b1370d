// What the server put in the page for the scripts: settings of this page and its words in the visitor's language.

const block = document.getElementById("page-settings");

export const settings = block ? JSON.parse(block.textContent) : {};
export const words = settings.words ?? {};
export const language = document.documentElement.lang || "nl";

const locale = language === "en" ? "en-GB" : language; // day before month, as on the rest of the page

// The other language shows the same: the address as it is now, not as it was when the page was made.
for (const link of document.querySelectorAll("a[hreflang]")) {
  link.addEventListener("click", () => {
    const here = new URL(window.location.href);
    here.searchParams.set("lang", link.hreflang);
    link.href = here.href;
  });
}

// "{count} in beeld" with the number in the notation of the language.
export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? new Intl.NumberFormat(locale).format(value) : value;
  });
}

export function longDate(iso) {
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(iso));
}

// "zaterdag 28 november"; the year stands there when it is another than this one.
export function dayToCome(iso) {
  const day = new Date(iso);
  const year = day.getUTCFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  return new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", ...year, timeZone: "UTC" }).format(day);
}

export function monthAndYear(iso) {
  return new Intl.DateTimeFormat(locale, { month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(iso));
}

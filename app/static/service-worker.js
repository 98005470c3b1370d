// The service worker: what was seen last opens without a network, and what waits is sent when there is one again.
// Served at /service-worker.js with the names behind `from` filled in (a worker has no import map) and SHELL and VERSION
// put in. Online nothing is old: pages and tiles come from the network, and only what does not change is kept for good.

import { openDB } from "idb";
import { sendAll } from "vuurtoren/waiting-send";
import { waitingStore } from "vuurtoren/waiting-store";

const { SHELL, VERSION } = SETTINGS;
const FILES = `files-${VERSION}`;
const PAGES = "pages";
const TILES = "tiles";
const OURS = new Set([FILES, PAGES, TILES]);
// Pages that open without a network. Nothing else is kept: no list of suggestions, no page of an account.
const OPEN = ["/", "/pin", "/waiting", "/offline"];
const GUARDED = ["/conversations"];
const ABOUT_NOW = ["/offline", "/waiting"];
const KEEPABLE = new Set([...OPEN, ...GUARDED]);
const PATIENCE_MS = 4000;
const MOST_TILES = 300;
const MOST_TILE_BYTES = 15_000_000;
const TRIM_EVERY = 25;
const SYNC = "vuurtoren-waiting";

// --- a new version: its files first, then the old ones go ---

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    await Promise.all(SHELL.map((address) => keepFile(address)));
    await Promise.allSettled(ABOUT_NOW.map(keepPage));
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const pages = await caches.open(PAGES);
    for (const request of await pages.keys()) await keepFilesOf(await (await pages.match(request)).text());
    for (const name of await caches.keys()) if (!OURS.has(name)) await caches.delete(name);
    await self.clients.claim();
  })());
});

// A file with the mark of its content is the same in every version: what an older version kept is copied.
async function keepFile(address) {
  const files = await caches.open(FILES);
  if (await files.match(address)) return;
  const known = await caches.match(address);
  if (known) await files.put(address, known);
  else await files.add(address);
}

async function keepFilesOf(html) {
  const named = html.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g);
  const addresses = new Set([...named].map(([, address]) => address.replaceAll("&amp;", "&")));
  await Promise.allSettled([...addresses].map((address) => keepFile(address)));
}

async function keepPage(path) {
  // app/csrf.py: the cookie of a page that nobody sees may not replace that of the form somebody has before them
  const headers = { Accept: "text/html", "X-Keeps-Page": "1" };
  const answer = await fetch(path, { credentials: "same-origin", headers, cache: "no-cache" });
  if (answer.ok && !answer.redirected) await putPage(path, answer);
  else if (GUARDED.includes(path)) await (await caches.open(PAGES)).delete(path); // no longer for who looks here
}

// The page says of itself that it was kept, and when: it is shown as that, and its form gets a key of its own.
async function putPage(path, answer) {
  const html = await answer.text();
  const headers = new Headers(answer.headers);
  for (const name of ["Content-Encoding", "Content-Length", "Set-Cookie"]) headers.delete(name);
  const kept = !ABOUT_NOW.includes(path) ? html.replace("<html ", `<html data-kept="${new Date().toISOString()}" `) : html;
  await (await caches.open(PAGES)).put(path, new Response(kept, { headers }));
  await keepFilesOf(html);
}

// --- answering ---

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.method === "POST" && pathname === "/sign-out") event.waitUntil(forgetGuarded());
  if (request.method !== "GET") return;
  if (pathname.startsWith("/static/")) event.respondWith(file(request));
  else if (pathname.startsWith("/map-tiles/")) event.respondWith(tile(event));
  else if (request.mode === "navigate") event.respondWith(page(event));
});

async function file(request) {
  const marked = new URL(request.url).searchParams.has("v");
  const kept = await caches.match(request);
  if (kept && marked) return kept;
  try {
    return await fetch(request);
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

// The network first; what was kept when it is slow or away; else the page that says what works without one.
async function page(event) {
  const { pathname, search } = new URL(event.request.url);
  const kept = KEEPABLE.has(pathname) ? await (await caches.open(PAGES)).match(pathname) : undefined;
  const asked = fetch(event.request).then((answer) => {
    if (answer.ok && KEEPABLE.has(pathname) && !search) event.waitUntil(putPage(pathname, answer.clone()));
    return answer;
  });
  event.waitUntil(asked.catch(() => {}));
  try {
    return await (kept ? soon(asked) : asked);
  } catch (error) {
    const other = kept ?? (await caches.match("/offline", { cacheName: PAGES }));
    if (other) return other;
    throw error;
  }
}

function soon(asked) {
  return Promise.race([asked, new Promise((_, reject) => setTimeout(reject, PATIENCE_MS, new Error("slow")))]);
}

// --- tiles: those seen last, a bounded number ---

let put = 0;

async function tile(event) {
  const { request } = event;
  try {
    const answer = await fetch(request);
    if (answer.ok) event.waitUntil(putTile(request.url, answer.clone()));
    return answer;
  } catch (error) {
    const kept = await keptTile(request.url);
    if (kept) return kept;
    throw error;
  }
}

// Of another day when it must: a page that was kept yesterday asks for the tiles of yesterday.
async function keptTile(address) {
  const tiles = await caches.open(TILES);
  const exact = await tiles.match(address);
  if (exact) return exact;
  const theme = (url) => new URL(url).searchParams.get("theme");
  const others = await tiles.keys(address, { ignoreSearch: true });
  // a map without a theme draws no states of streets, so any tile of the spot will do
  const same = others.filter((one) => !theme(address) || theme(one.url) === theme(address)).at(-1);
  return same && tiles.match(same);
}

// A tile that a page fetched before this worker looked after it; the browser still has it.
async function seenTile(address) {
  const { origin, pathname } = new URL(address);
  if (origin !== self.location.origin || !pathname.startsWith("/map-tiles/")) return;
  const answer = await fetch(address, { credentials: "same-origin" });
  if (answer.ok) await putTile(address, answer);
}

async function putTile(address, answer) {
  const tiles = await caches.open(TILES);
  const bytes = await answer.arrayBuffer();
  const headers = { "Content-Type": answer.headers.get("Content-Type") ?? "", "X-Bytes": String(bytes.byteLength) };
  await tiles.put(address, new Response(bytes, { headers }));
  put += 1;
  if (put % TRIM_EVERY === 1) await trim(tiles);
}

// The oldest go first; what is put again stands at the end.
async function trim(tiles) {
  const kept = await tiles.keys();
  const sizes = await Promise.all(kept.map(async (one) => Number((await tiles.match(one))?.headers.get("X-Bytes") ?? 0)));
  let bytes = sizes.reduce((sum, size) => sum + size, 0);
  for (let index = 0; index < kept.length && (kept.length - index > MOST_TILES || bytes > MOST_TILE_BYTES); index += 1) {
    bytes -= sizes[index];
    await tiles.delete(kept[index]);
  }
}

// --- what pages ask, and sending when there is a network again ---

async function forgetGuarded() {
  const pages = await caches.open(PAGES);
  // the forms and the map may show a name; the two about now are written over, so that they are always there
  await Promise.all([...KEEPABLE].filter((path) => !ABOUT_NOW.includes(path)).map((path) => pages.delete(path)));
  await Promise.allSettled(OPEN.map(keepPage));
}

self.addEventListener("message", (event) => {
  const { keep, forget, skip, tiles } = event.data ?? {};
  if (skip) self.skipWaiting();
  if (forget) event.waitUntil(forgetGuarded());
  if (tiles) event.waitUntil(Promise.allSettled(tiles.slice(-MOST_TILES).map(seenTile)));
  if (keep) event.waitUntil(Promise.allSettled(keep.filter((path) => KEEPABLE.has(path)).map(keepPage)));
});

self.addEventListener("sync", (event) => {
  if (event.tag !== SYNC) return;
  event.waitUntil((async () => {
    const counts = await sendAll(waitingStore(openDB));
    if (counts?.left) throw new Error("Something is left to send."); // the browser tries again later
  })());
});

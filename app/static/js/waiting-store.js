// What waits on this device until it can be sent. Pages and the service worker share it; the worker has no import map,
// so this file imports nothing and is given `openDB` (idb).

const DATABASE = "vuurtoren-waiting";
const CHANNEL = "vuurtoren-waiting";

// An item: { id, key, form (pin or conversation), action, fields: [[name, value]], title, kind, account, madeAt,
// state: waiting | refused | look | sign-in | sent, answer (the page that refused it), link (of what was sent), heldUntil }.
export function waitingStore(openDB) {
  let opened;
  const open = () => {
    opened ??= openDB(DATABASE, 1, {
      upgrade(database) {
        database.createObjectStore("items", { keyPath: "id" });
        database.createObjectStore("about");
      },
      blocking() {
        opened?.then((database) => database.close());
        opened = undefined;
      },
    });
    return opened;
  };
  const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(CHANNEL) : undefined;

  async function changed(work) {
    const result = await work(await open());
    channel?.postMessage("changed");
    return result;
  }

  return {
    all: async () => (await (await open()).getAll("items")).sort((a, b) => a.madeAt - b.madeAt),
    get: async (id) => (await open()).get("items", id),
    put: (item) => changed((database) => database.put("items", item)),
    remove: (id) => changed((database) => database.delete("items", id)),
    // Changes some members of an item that may have been changed or sent elsewhere since it was read.
    change: (id, members) => changed(async (database) => {
      const transaction = database.transaction("items", "readwrite");
      const item = await transaction.store.get(id);
      if (item) await transaction.store.put({ ...item, ...members });
      await transaction.done;
      return Boolean(item);
    }),
    // Who was last seen to be signed in here: the number of the account, or null.
    account: async () => (await (await open()).get("about", "account")) ?? null,
    setAccount: async (account) => (await open()).put("about", account, "account"),
    // When pages were kept last, for whom and in which language.
    kept: async () => (await (await open()).get("about", "kept")) ?? {},
    setKept: async (told) => (await open()).put("about", told, "kept"),
    onChange: (act) => channel?.addEventListener("message", act),
  };
}

export const isWaiting = (item) => item.state !== "sent";
// Whose it is decides who sees it: what a visitor filled in belongs to whoever holds the device.
export const isVisible = (item, account) => item.account === null || item.account === account;

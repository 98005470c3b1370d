// The dialog that shares: a link, a QR code, what the phone itself offers, and code for another website.

import { words } from "vuurtoren/page";

export function shareDialog(dialog) {
  const said = dialog.querySelector("[data-said]");
  const send = dialog.querySelector("[data-send]");
  const qr = dialog.querySelector("[data-qr]");
  const link = dialog.querySelector("#share-link");
  const code = dialog.querySelector("#share-code");
  let shared = {};

  async function copy(field) {
    try {
      await navigator.clipboard.writeText(field.value);
      said.textContent = words.copied;
    } catch {
      field.focus();
      field.select();
      said.textContent = words.notCopied;
    }
  }

  for (const button of dialog.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => copy(dialog.querySelector(`#${button.dataset.copy}`)));
  }
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); }); // beside it
  send.hidden = !navigator.share;
  send.addEventListener("click", () => navigator.share(shared).catch(() => {})); // the visitor thought better of it

  // title: what is shared; url: its address; qr: address of its code, if it has one; frame: address of the map in a frame.
  return function open({ title, url, qr: picture, frame }) {
    shared = { title, url };
    dialog.querySelector("[data-what]").textContent = title;
    said.textContent = "";
    link.value = url;
    qr.hidden = !picture;
    if (picture) qr.querySelector("img").src = picture;
    const made = document.createElement("iframe");
    made.src = frame;
    made.title = words.map;
    made.width = "100%";
    made.height = "480";
    made.loading = "lazy";
    code.value = made.outerHTML;
    dialog.showModal();
  };
}

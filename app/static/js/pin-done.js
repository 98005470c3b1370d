// The entry is stored: what was kept of it on this device can go.

import { forgetSent } from "vuurtoren/pin-draft";

forgetSent();

const copy = document.getElementById("copy-link");
if (copy) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(new URL(copy.dataset.link, window.location.href).href);
    document.getElementById("copied").hidden = false;
  });
}

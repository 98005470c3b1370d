// Buttons that copy the words of another part of the page: <button data-copies="id" hidden>. Without script they stay away.

for (const button of navigator.clipboard ? document.querySelectorAll("[data-copies]") : []) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent.trim());
    button.parentElement.querySelector("[data-copied]").hidden = false;
  });
}

// A photo is made smaller on the device before it is sent: less data, and where it was taken never leaves the device.
// Without this script, or when a browser cannot read the photo, the service does the same (assets/pictures.py).

const LONGEST = 1600;
const PREVIEW = 400;

function scaled(width, height, longest) {
  const times = Math.min(1, longest / Math.max(width, height));
  return [Math.max(1, Math.round(width * times)), Math.max(1, Math.round(height * times))];
}

function draw(canvas, picture, longest) {
  [canvas.width, canvas.height] = scaled(picture.width, picture.height, longest);
  const brush = canvas.getContext("2d");
  brush.fillStyle = "#fff"; // what is see-through shows white
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.imageSmoothingQuality = "high";
  brush.drawImage(picture, 0, 0, canvas.width, canvas.height);
}

// A photo that comes back with a fault must be chosen again: whether its words are there is seen before it is sent.
function askWords(field, alt) {
  const fault = document.createElement("p");
  Object.assign(fault, { id: "photo-alt-asked", className: "vuurtoren-fault utrecht-form-field-error-message", hidden: true });
  fault.setAttribute("role", "alert");
  alt.before(fault);
  alt.form.noValidate = true; // said here, in the language of the page
  field.addEventListener("change", () => { alt.required = field.files.length > 0; });
  alt.form.addEventListener("submit", (event) => {
    const gone = alt.form.elements.photo_remove?.checked;
    if (!field.files.length || gone || alt.value.trim()) return;
    event.preventDefault();
    document.getElementById("photo-alt-fault")?.remove();
    fault.hidden = false;
    fault.textContent = alt.dataset.asked;
    alt.setAttribute("aria-invalid", "true");
    alt.setAttribute("aria-describedby", "photo-alt-hint photo-alt-asked");
    alt.focus();
  });
  alt.addEventListener("input", () => {
    if (!alt.value.trim()) return;
    fault.hidden = true;
    alt.removeAttribute("aria-invalid");
  });
}

function start(fieldset) {
  const field = fieldset.querySelector("input[type=file]");
  const preview = fieldset.querySelector("canvas");
  const said = fieldset.querySelector("[role=status]");
  if (!field) return;
  askWords(field, fieldset.querySelector("[name=photo_alt]"));
  let turn = 0;

  field.addEventListener("change", async () => {
    const mine = ++turn;
    const [file] = field.files;
    preview.hidden = true;
    said.textContent = "";
    said.classList.remove("vuurtoren-fault");
    if (!file) return;
    let picture;
    try {
      picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    } catch {
      if (mine !== turn) return;
      field.value = ""; // the service could not read it either
      said.textContent = said.dataset.unreadable;
      said.classList.add("vuurtoren-fault");
      return;
    }
    const canvas = document.createElement("canvas");
    draw(canvas, picture, LONGEST);
    draw(preview, picture, PREVIEW);
    picture.close();
    const made = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.9); });
    if (mine !== turn || !made) return;
    const chosen = new DataTransfer();
    chosen.items.add(new File([made], "photo.jpg", { type: "image/jpeg" }));
    field.files = chosen.files;
    preview.hidden = false;
    said.textContent = said.dataset.smaller;
  });
}

document.querySelectorAll("[data-photo]").forEach(start);

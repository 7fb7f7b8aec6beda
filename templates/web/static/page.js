// What scripts add to pages that work without them. Nothing is loaded from elsewhere.

// --- the time zone: the browser's own where nobody has named one yet ------------------------

const field = document.querySelector("input[data-guess]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (field && zone && zone !== "Etc/Unknown" && field.value === field.defaultValue) {
  field.value = zone;
}

// --- what is wrong with a field, beside it and before the form is sent ------------------------

// The field with a label, a control and perhaps a problem; a form has one of each name.
function fieldOf(form, name) {
  const control = form.elements[name];
  return control instanceof Element ? control.closest(".field") : null;
}

function clearProblem(form, name) {
  const field = fieldOf(form, name);
  if (!field) return;
  for (const node of field.querySelectorAll(".problem, .fixes")) node.remove();
  const control = form.elements[name];
  control.removeAttribute("aria-invalid");
  const hint = field.querySelector(".hint");
  if (hint?.id) control.setAttribute("aria-describedby", hint.id);
  else control.removeAttribute("aria-describedby");
}

// Shows the nodes of an answer beside the field of that name; false where the form has none.
function showProblem(form, name, nodes) {
  const field = fieldOf(form, name);
  if (!field) return false;
  clearProblem(form, name);
  const control = form.elements[name];
  control.before(...nodes);
  const problem = field.querySelector(".problem");
  problem.id = `${control.id}-problem`;
  problem.setAttribute("role", "alert");
  const hint = control.getAttribute("aria-describedby");
  control.setAttribute("aria-describedby", hint ? `${hint} ${problem.id}` : problem.id);
  control.setAttribute("aria-invalid", "true");
  if (name === "email" && field.querySelector(".fixes")) {
    form.elements.address_checked.value = control.value; // sent again as it is, it is right
  }
  return true;
}

// A correction is made here, without sending the form.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=fix]");
  if (!button) return;
  event.preventDefault();
  const fix = new URLSearchParams(button.value);
  const [form, name] = [button.form, fix.get("field")];
  const control = form.elements[name];
  control.value = control.value.replace(fix.get("typed"), fix.get("meant"));
  clearProblem(form, name);
  control.focus();
  control.dispatchEvent(new Event("input", { bubbles: true }));
});

const CHECKED = ["email", "timezone", "categories"];
const OF_PREVIEW = ["categories"]; // where a form has one, its problems come with it

async function checkField(form, control) {
  const name = control.name;
  if (!CHECKED.includes(name)) return;
  if (form.dataset.preview && OF_PREVIEW.includes(name)) return;
  const { value } = control;
  if (!value.trim() || !control.validity.valid) return;
  const body = new FormData();
  for (const sent of ["form_token", "website", "address_checked"]) {
    body.set(sent, form.elements[sent]?.value ?? "");
  }
  body.set(name, value);
  const answer = await fetch(form.dataset.check, { method: "POST", body }).catch(() => null);
  if (!answer?.ok || control.value !== value) return; // checked again when it is sent
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const problem = page.querySelector("[data-problem-of]");
  if (problem) showProblem(form, problem.dataset.problemOf, [...problem.childNodes]);
  else clearProblem(form, name);
}

for (const form of document.querySelectorAll("form[data-check]")) {
  form.addEventListener("change", (event) => checkField(form, event.target));
}

// --- a file of another kind or too large: shown before it is sent, and the form stays as it is --

function problemOfFile(input, file) {
  const foreign = input.dataset.foreign.split(",");
  if (foreign.some((kind) => file.name.toLowerCase().endsWith(kind))) return input.dataset.kind;
  return file.size > Number(input.dataset.most) ? input.dataset.large : "";
}

function checkFile(input) {
  const [file] = input.files;
  const megabytes = (bytes) => Math.ceil(bytes / 100_000) / 10;
  const most = megabytes(Number(input.dataset.most));
  const values = { name: file?.name, size: megabytes(file?.size), most };
  const message = file ? problemOfFile(input, file) : "";
  const text = message.replace(/\{(name|size|most)\}/g, (_, key) => values[key]);
  input.setCustomValidity(text);
  clearProblem(input.form, input.name);
  if (!text) return;
  const problem = document.createElement("p");
  problem.className = "problem";
  problem.textContent = text;
  showProblem(input.form, input.name, [problem]);
}

for (const input of document.querySelectorAll("input[type=file][data-most]")) {
  input.addEventListener("change", () => checkFile(input));
}

// --- the live preview of a form ---------------------------------------------------------------

const PAUSE = 500; // ms without typing
const AGAIN = 2500; // ms until a preview that was not ready is asked for again
const SOON = 10; // s: a server that is busy for no longer is asked again
const MOST_TIMES = 40;

class Preview {
  constructor(form) {
    this.form = form;
    this.panel = document.getElementById(form.dataset.panel);
    this.status = form.querySelector("[data-preview-status]");
    this.times = 0;
    form.addEventListener("input", (event) => this.later(event.target));
    form.addEventListener("change", (event) => event.target.type === "file" && this.ask());
    form.addEventListener("submit", () => this.stop());
    document.addEventListener("click", (event) => this.pressed(event));
    if (this.isFilled() || this.isChanged()) this.ask();
  }

  // Whether a link has filled in the form and the page does not show its preview yet.
  isFilled() {
    const names = ["keywords", "interests", "seed_papers", "categories", "authors"];
    const some = names.some((name) => this.form.elements[name]?.value.trim());
    return some && this.panel.querySelector(".sample") !== null;
  }

  // Whether somebody typed before this script was here, or the browser kept what was typed.
  isChanged() {
    const typed = [...this.form.querySelectorAll("input, textarea")];
    return typed.some((field) => this.counts(field) && field.value !== field.defaultValue);
  }

  counts(field) {
    if (!field.name || field.type === "file" || field.closest(".days, .pair")) return false;
    return !["email", "name", "altcha", "website"].includes(field.name);
  }

  later(typed) {
    if (!this.counts(typed)) return;
    clearTimeout(this.timer);
    this.times = 0;
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  pressed(event) {
    const button = event.target.closest("button[formaction]");
    if (!button || button.form !== this.form) return;
    event.preventDefault();
    if (button.name === "add") this.add(button.value);
    this.times = 0;
    this.ask();
  }

  add(word) {
    const keywords = this.form.elements.keywords;
    const typed = keywords.value.trim().replace(/,$/, "");
    keywords.value = typed ? `${typed}, ${word}` : word;
  }

  stop() {
    clearTimeout(this.timer);
    this.request?.abort();
  }

  async ask() {
    this.stop();
    const file = this.form.querySelector("input[type=file]");
    if (file?.validity.customError) return;
    const request = new AbortController();
    this.request = request;
    this.panel.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(this.form.dataset.preview, {
        method: "POST",
        body: new FormData(this.form),
        headers: { "X-Fragment": "1" },
        signal: request.signal,
      });
      if (this.isBusy(answer)) {
        this.timer = setTimeout(() => this.ask(), answer.headers.get("Retry-After") * 1000);
        return;
      }
      if (!answer.ok) throw new Error(answer.status);
      this.show(await answer.text());
    } catch (error) {
      if (request.signal.aborted) return;
      const often = error.message === "429" || error.message === "503";
      this.tell(often ? this.status.dataset.rests : this.status.dataset.failed);
    }
    if (this.request === request) this.panel.removeAttribute("aria-busy");
  }

  // Whether the server has no room for a moment; the panel stays as it is until it has.
  isBusy(answer) {
    const wait = Number(answer.headers.get("Retry-After") ?? Infinity);
    return [429, 503].includes(answer.status) && wait <= SOON && this.times++ < MOST_TIMES;
  }

  show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const answer = page.querySelector("[data-preview-answer]");
    if (!answer) throw new Error("no preview");
    this.fill(answer);
    this.place(answer);
    this.panel.parentElement.hidden = false;
    const focused = this.panel.contains(document.activeElement);
    this.panel.replaceChildren(...answer.childNodes);
    if (focused) this.panel.parentElement.focus({ preventScroll: true });
    this.tell(answer.dataset.status, ["found", "trending"].includes(answer.dataset.stage));
    if (answer.dataset.stage === "waiting" && this.times++ < MOST_TIMES) {
      this.timer = setTimeout(() => this.ask(), AGAIN);
    }
  }

  // Problems stand beside their fields.
  place(answer) {
    for (const name of ["categories", "authors", "keywords", "excluded_keywords", "seed_papers"]) {
      clearProblem(this.form, name);
    }
    for (const problem of answer.querySelectorAll("[data-problem-of]")) {
      const { problemOf } = problem.dataset;
      if (showProblem(this.form, problemOf, [...problem.childNodes])) problem.remove();
    }
  }

  // A file that was read has become text of the form, and need not be sent again.
  fill(answer) {
    const texts = answer.querySelectorAll("[data-fill]");
    for (const text of texts) {
      this.form.elements[text.dataset.fill].value = text.value;
      text.remove();
    }
    const file = this.form.querySelector("input[type=file]");
    if (texts.length && file) file.value = "";
  }

  tell(words, leads = false) {
    this.status.textContent = words;
    if (!leads) return;
    const link = document.createElement("a");
    link.href = `#${this.panel.parentElement.id}`;
    link.textContent = this.status.dataset.see;
    this.status.append(" ", link);
  }
}

for (const form of document.querySelectorAll("form[data-preview]")) new Preview(form);

// --- the sum that keeps robots out (ALTCHA's proof of work, version 2) ------------------------

const bytesOf = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hexOf = (buffer) =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function solved(challenge) {
  const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
  const nonceBytes = bytesOf(nonce);
  const password = new Uint8Array(nonceBytes.length + 4);
  password.set(nonceBytes);
  const derive = { name: "PBKDF2", hash: "SHA-256", salt: bytesOf(salt), iterations: cost };
  for (let counter = 0; ; counter++) {
    new DataView(password.buffer).setUint32(nonceBytes.length, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = hexOf(await crypto.subtle.deriveBits(derive, key, keyLength * 8));
    if (derivedKey.startsWith(keyPrefix)) {
      return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
    }
  }
}

function solveFor(input) {
  const form = input.form;
  const status = form.querySelector("[data-sum-status]");
  if (!globalThis.crypto?.subtle) {
    status.textContent = status.dataset.unsafe;
    return;
  }
  let solving;
  const solve = () => {
    solving ??= solved(JSON.parse(input.dataset.sum)).then((answer) => {
      input.value = answer;
    });
    return solving;
  };
  form.addEventListener("focusin", solve, { once: true });
  form.addEventListener("submit", (event) => {
    if (input.value || event.submitter?.hasAttribute("formaction")) return;
    event.preventDefault();
    status.textContent = status.dataset.busy;
    solve().then(() => form.requestSubmit(event.submitter));
  });
}

for (const input of document.querySelectorAll("input[data-sum]")) solveFor(input);

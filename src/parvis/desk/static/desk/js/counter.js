// « Entendu au comptoir » without a network: the note waits here and leaves by itself; its key makes the second try harmless.
const KEPT = "counter-notes";
const form = document.querySelector("form[data-counter]");
const said = document.querySelector("[data-said]");
const read = () => JSON.parse(localStorage.getItem(KEPT) ?? "[]");
const write = (notes) => localStorage.setItem(KEPT, JSON.stringify(notes));

function show(words) {
  const waiting = read().length;
  said.hidden = !waiting && !words;
  said.textContent = waiting ? said.dataset.waiting.replace("%n", waiting) : words ?? "";
}

async function send(note) {
  const body = new FormData(form);
  for (const [name, value] of Object.entries(note)) body.set(name, value);
  const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Live": "1" } });
  return answer.ok && !answer.url.includes("login");
}

async function flush() {
  const notes = read();
  while (notes.length) {
    try {
      if (!(await send(notes[0]))) break;
    } catch {
      break;
    }
    notes.shift();
    write(notes);
    show(said.dataset.gone);
  }
  show(notes.length ? undefined : said.textContent);
}

if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = form.elements.text.value.trim();
    if (!text) return;
    write([...read(), { text, name: form.elements.name?.value ?? "", op_key: crypto.randomUUID() }]);
    form.reset();
    form.elements.text.focus();
    show();
    flush();
  });
  addEventListener("online", flush);
  show();
  flush();
}

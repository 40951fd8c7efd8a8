// Every act is one key, off inside fields; `?` lists them. The acts say their key in `data-key`.
const on = document.body.dataset.keys !== "off";
const FIELDS = "input, textarea, select, [contenteditable]";

const isShown = (element) => element.checkVisibility?.({ visibilityProperty: true }) ?? true;
const find = (key) => [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(isShown);
const say = (element) => {
  if (element.dataset.keyLabel) return element.dataset.keyLabel;
  const copy = element.cloneNode(true);
  copy.querySelectorAll("kbd, b, svg").forEach((part) => part.remove());
  return copy.textContent.trim();
};

function act(element) {
  if (element.matches("textarea, input")) element.focus();
  else if (element.matches("details")) element.open = !element.open;
  else element.click();
  const opened = element.closest("details");
  if (opened?.open) opened.querySelector("input:not([type=hidden])")?.focus();
}

function walk(step) {
  const lines = [...document.querySelectorAll(".line .who")].filter(isShown);
  const focused = document.activeElement.closest?.(".line")?.querySelector(".who");
  const now = lines.indexOf(focused ?? document.querySelector('.line .who[aria-current="true"]'));
  lines[Math.max(0, Math.min(lines.length - 1, now + step))]?.focus();
}

function list() {
  const menu = document.getElementById("keys");
  const rows = menu.querySelector("[data-keys-list]");
  rows.querySelectorAll("[data-listed]").forEach((row) => row.remove());
  const listed = new Set();
  for (const element of document.querySelectorAll("[data-key]")) {
    if (listed.has(element.dataset.key) || !isShown(element)) continue;
    listed.add(element.dataset.key);
    const term = document.createElement("dt");
    const words = document.createElement("dd");
    const key = document.createElement("kbd");
    key.textContent = element.dataset.key.toUpperCase();
    term.append(key);
    words.textContent = say(element);
    for (const row of [term, words]) row.dataset.listed = "";
    rows.append(term, words);
  }
  menu.showPopover();
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && event.target.matches(FIELDS)) return event.target.blur();
  if (event.target.matches(FIELDS) && event.target.type !== "checkbox") return;
  const key = event.key.toLowerCase();
  if (key === "?") return event.preventDefault(), list();
  if (key === "j" || key === "k") return walk(key === "j" ? 1 : -1);
  if (key === "x") return document.activeElement.closest(".line")?.querySelector(".pick")?.click();
  const element = find(key);
  if (!element) return;
  event.preventDefault();
  act(element);
}

if (on) document.addEventListener("keydown", press);
for (const menu of document.querySelectorAll("[popover]")) {
  menu.addEventListener("toggle", (event) => {
    if (event.newState === "open") menu.querySelector("button, input:not([type=hidden]), a")?.focus();
  });
}

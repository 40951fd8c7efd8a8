// The box changes under the reader's eyes: the server says which lines changed, the page asks again for its parts.
const box = document.querySelector(".box[data-live-url]");
const isBusy = (part) => part.matches(":has(.pick:checked)");
let asking = false;
let again = null;

function replace(part, fresh) {
  if (!fresh || part.outerHTML === fresh.outerHTML || isBusy(part)) return;
  const focused = part.contains(document.activeElement) ? document.activeElement.closest("[id]")?.id : null;
  const inside = document.activeElement.matches?.(".who");
  const top = part.scrollTop;
  const atEnd = part.scrollHeight - part.clientHeight - top < 40;
  part.replaceWith(fresh);
  fresh.scrollTop = fresh.classList.contains("thread") && atEnd ? fresh.scrollHeight : top;
  if (focused) (inside ? document.querySelector(`#${CSS.escape(focused)} .who`) : document.getElementById(focused))?.focus({ preventScroll: true });
}

function mark(fresh) {
  const line = box.dataset.open && fresh.querySelector(`#line-${box.dataset.open}`);
  if (!line) return;
  line.classList.add("on");
  line.querySelector(".who").setAttribute("aria-current", "true");
}

async function refresh(selector, name) {
  const root = document.querySelector(selector);
  if (!root?.dataset.part || (name === "list" && new URLSearchParams(location.search).size)) return;
  const answer = await fetch(root.dataset.part, { headers: { "X-Part": name } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (name === "list") mark(page);
  for (const part of root.querySelectorAll("[data-live]")) replace(part, page.getElementById(part.id));
}

async function update(changed) {
  if (asking) return void (again = [...(again ?? []), ...changed]);
  asking = true;
  try {
    await refresh(".list", "list");
    if (changed.includes(box.dataset.open)) await refresh(".open", "thread");
  } catch {
    // No network now: the next change, or the return of the stream, asks again.
  } finally {
    asking = false;
    if (again) {
      const next = again;
      again = null;
      update(next);
    }
  }
}

let since = box?.dataset.since;

function listen() {
  const stream = new EventSource(`${box.dataset.liveUrl}?since=${since}`);
  stream.addEventListener("lines", (event) => {
    since = event.lastEventId;
    update(event.data.split(","));
  });
  stream.addEventListener("error", () => {
    if (stream.readyState !== EventSource.CLOSED) return;
    setTimeout(() => { update([box.dataset.open]); listen(); }, 15000);
  });
  addEventListener("pagehide", () => stream.close(), { once: true });
}

if (box) {
  listen();
  const thread = document.getElementById("thread-turns");
  if (thread) thread.scrollTop = thread.scrollHeight;
  // Staying on a conversation keeps one's presence fresh for colleagues.
  if (box.dataset.open) setInterval(() => document.hidden || refresh(".open", "thread").catch(() => {}), 45000);
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}

// The box changes under the reader's eyes: the server says that lines changed, the page asks for itself again and swaps the parts that differ.
const box = document.querySelector(".box[data-live-url]");
const isBusy = (part) => part.matches(":has(.pick:checked)");
let asking = false;
let again = false;

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

async function refresh() {
  const answer = await fetch(location.href, { headers: { "X-Live": "1" } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) replace(part, page.getElementById(part.id));
}

async function update() {
  if (asking) return void (again = true);
  asking = true;
  try {
    await refresh();
  } catch {
    // No network now: the next change, or the return of the stream, asks again.
  } finally {
    asking = false;
    if (again) {
      again = false;
      update();
    }
  }
}

let since = box?.dataset.since;

function listen() {
  const stream = new EventSource(`${box.dataset.liveUrl}?since=${since}`);
  stream.addEventListener("lines", (event) => {
    since = event.lastEventId;
    update();
  });
  stream.addEventListener("error", () => {
    if (stream.readyState !== EventSource.CLOSED) return;
    setTimeout(() => { update(); listen(); }, 15000);
  });
  addEventListener("pagehide", () => stream.close(), { once: true });
}

if (box) {
  listen();
  const thread = document.getElementById("thread-turns");
  if (thread) thread.scrollTop = thread.scrollHeight;
  const presence = box.dataset.presence;
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  const stay = () => {
    if (document.hidden) return;
    const body = new URLSearchParams({ writing: document.activeElement?.id === "text" ? "1" : "0" });
    fetch(presence, { method: "POST", body, headers: { "X-CSRFToken": token } }).catch(() => {});
  };
  if (presence) setInterval(stay, 20000);
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}

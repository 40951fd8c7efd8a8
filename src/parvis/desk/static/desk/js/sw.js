// The shell: style sheet, fonts, marks and the counter page, so that a note can be taken without a network. Nothing else is kept.
const SHELF = "parvis-shell-1";
const COUNTER = "/comptoir/";

const isKept = (url) => url.pathname.startsWith("/static/") || url.pathname === COUNTER;

async function fetchFirst(request, url) {
  const shelf = await caches.open(SHELF);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected && isKept(url)) await shelf.put(url.pathname, answer.clone());
    return answer;
  } catch (error) {
    const kept = (await shelf.match(url.pathname)) ?? (request.mode === "navigate" && (await shelf.match(COUNTER)));
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (isKept(url) || event.request.mode === "navigate") event.respondWith(fetchFirst(event.request, url));
});

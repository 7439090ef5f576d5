// Where camsvc is out of reach, a page that says so and what to do. Everything else is the browser's own matter.

const CACHE = "offline-1";
const FILES = ["offline.html", "offline.css", "icon.svg"];

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match("offline.html")));
  } else if (FILES.some((file) => request.url === new URL(file, self.registration.scope).href)) {
    event.respondWith(fetch(request).catch(() => caches.match(request)));
  }
});

// The page for when camsvc is out of reach. Browsers allow it under TLS and on localhost alone; without it the browser
// says in its own words that nobody answers.

import { BASE } from "../api/base";

export function installOffline(): void {
  if (!window.isSecureContext || import.meta.env.DEV || !("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register(`${BASE}sw.js`).catch(() => undefined);
}

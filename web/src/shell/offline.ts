// The page for when camsvc is out of reach. Browsers allow it under TLS and on localhost alone; without it the browser
// says in its own words that nobody answers. A new version of it is looked for once a day, as its file is kept so long.

import { BASE } from "../api/base";

export function installOffline(): void {
  if (!window.isSecureContext || import.meta.env.DEV || !("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register(`${BASE}sw.js`, { updateViaCache: "all" }).catch(() => undefined);
}

// The URL below which this camsvc is served: the page's own, whatever path a proxy has put before it.
export const BASE = new URL("../", import.meta.url).href;

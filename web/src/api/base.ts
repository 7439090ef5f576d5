// Where camsvc is: this page's own folder, whatever path a proxy has put before it.

export const BASE = import.meta.env.DEV
  ? `${location.origin}/`
  : new URL(/* @vite-ignore */ "../", import.meta.url).href;

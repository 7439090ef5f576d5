// How the page is built, and Vite's own server for working on it, which asks a running camsvc for all but the page.

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const camsvc = process.env.CAMSVC_URL ?? "http://127.0.0.1:8002";
const served = ["/ws", "/rpc", "/api", "/live", "/cameras", "/files", "/health", "/metrics"];

export default defineConfig({
  base: "./", // a proxy may serve camsvc below a path of its own
  plugins: [react()],
  build: {
    target: "es2022",
    modulePreload: { polyfill: false }, // it would be an inline script's work to find out
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: {
    host: "127.0.0.1",
    port: 3000,
    strictPort: true,
    // By the name that the browser has called: camsvc's own addresses in answers are then those of this server.
    proxy: Object.fromEntries(served.map((path) => [path, { target: camsvc, ws: path === "/ws" }])),
  },
});

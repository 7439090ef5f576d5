// How little a second visit asks for: what is named after its content stays in the browser's cache.

import assert from "node:assert/strict";

import { CountingProxy } from "./harness/counting-proxy.ts";
import { assertMoves } from "./harness/pictures.ts";
import { scene } from "./harness/scenario.ts";

const scenario = scene({ cameras: ["North gate"] });

scenario("a second visit asks for one file", async ({ stand, open }) => {
  const proxy = await CountingProxy.start(stand.url);
  try {
    const { context, page } = await open({ from: proxy.url, login: await stand.user("viewer", "ann") });
    await assertMoves(page.getByRole("article", { name: "North gate" }), "webrtc");
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)");
    const files = () => proxy.asked.filter((path) => !/^\/(ws|api|live|cameras)\b/.test(path));
    const first = files();
    assert.ok(first.filter((path) => path.startsWith("/assets/")).length > 3, String(first));
    await page.close();
    proxy.asked.length = 0;
    const again = await context.newPage();
    await again.goto(proxy.url);
    await assertMoves(again.getByRole("article", { name: "North gate" }), "webrtc");
    assert.deepEqual(files(), ["/"]);
  } finally {
    proxy.stop();
  }
});

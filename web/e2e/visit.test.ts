// How little a second visit asks for: what is named after its content stays in the browser's cache.

import assert from "node:assert/strict";

import { CountingProxy } from "./harness/counting-proxy.ts";
import { assertMoves } from "./harness/pictures.ts";
import { scene } from "./harness/scenario.ts";

const scenario = scene({ cameras: ["North gate"] });

scenario("it can be installed, and its icons are there", async ({ stand, open }) => {
  const { context, page } = await open({ login: await stand.user("viewer", "bob") });
  await page.evaluate("navigator.serviceWorker.ready.then(() => true)");
  const cdp = await context.newCDPSession(page);
  const { errors, data } = await cdp.send("Page.getAppManifest");
  assert.deepEqual(errors, []);
  const { installabilityErrors } = await cdp.send("Page.getInstallabilityErrors");
  assert.deepEqual(
    // A window that leaves no trace, as tests have it, installs nothing.
    installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito"),
    [],
  );
  const { icons } = JSON.parse(data ?? "{}") as { icons: { src: string; sizes: string }[] };
  const touch = await page.locator("link[rel=apple-touch-icon]").getAttribute("href");
  for (const [src, sizes] of [...icons.map((icon) => [icon.src, icon.sizes]), [touch ?? "", "180x180"]]) {
    const size = await page.evaluate(async (address) => {
      const image = new Image();
      image.src = address ?? "";
      await image.decode();
      return `${String(image.naturalWidth)}x${String(image.naturalHeight)}`;
    }, src);
    assert.ok(sizes === "any" || sizes === size, `${src ?? ""} is ${size}`);
  }
});

scenario("a second visit asks for one file", async ({ stand, open }) => {
  const proxy = await CountingProxy.start(stand.url);
  try {
    const { context, page } = await open({ from: proxy.url, login: await stand.user("viewer", "ann") });
    await assertMoves(page.getByRole("article", { name: "North gate" }), "webrtc");
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)");
    const files = () => proxy.asked.filter((path) => !/^\/(ws|api|live|cameras)\b/.test(path));
    assert.deepEqual(
      proxy.asked.filter((path) => path.startsWith("/ws")),
      ["/ws"],
    );
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

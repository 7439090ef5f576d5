// Streams of another server are looked for on the page, found, added with their login, and play.

import assert from "node:assert/strict";

import { assertMoves } from "./harness/pictures.ts";
import { assertAccessible, go, scene } from "./harness/scenario.ts";
import { Stand } from "./harness/stand.ts";

const scenario = scene({ cameras: ["Barn"] });

scenario("a stream that wants a login is found, added with it, and plays", async ({ stand, open }) => {
  const { key } = await stand.call<{ key: string }>("create_api_key", { name: "other", role: "viewer" });
  const { urls } = await stand.call<{ urls: { rtsp: string } }>("get_stream_url", { device: "camera0" });
  const { port } = new URL(urls.rtsp.replace(/^rtsp/, "http"));
  const finder = await Stand.start({
    cameras: [],
    tables: `networks = ["127.0.0.1/32"]\nrtsp_ports = [${port}]\nrtsp_paths = ["/camera0"]\n`,
  });
  const login = await finder.user("operator", "ann");
  const { page, context } = await open({ from: finder.url, login, at: "/administration/streams" });
  try {
    await page.getByRole("button", { name: "Look now" }).click();
    const found = page.getByRole("row", { name: new RegExp(`127\\.0\\.0\\.1:${port}/camera0`) });
    await found.waitFor({ timeout: 60_000 });
    await assertAccessible(page, "a stream that was found");
    await found.getByRole("button", { name: /^Add / }).click();
    const dialog = page.getByRole("dialog");
    assert.match(await dialog.getByLabel("Address").inputValue(), new RegExp(`:${port}/camera0$`));
    await dialog.getByLabel("Name").fill("Found");
    await dialog.getByLabel("User").fill("key");
    await dialog.getByLabel("Password").fill(key);
    await assertAccessible(page, "the dialog of a stream that wants a login");
    await dialog.getByRole("button", { name: "Add it" }).click();
    await dialog.waitFor({ state: "detached" });
    await found.getByText("added", { exact: true }).waitFor();
    assert.equal(await page.getByText(key).count(), 0);
    await go(page, "/");
    await assertMoves(page.getByRole("article", { name: "Found" }), "webrtc");
  } finally {
    await context.close();
    await finder.stop();
  }
});

// `make web`: the page's sources served by Vite, with a running camsvc behind it: log in, live, a snapshot, play.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";

import { assertMoves } from "./harness/pictures.ts";
import { scene } from "./harness/scenario.ts";
import { eventually, type Stand } from "./harness/stand.ts";

const NAME = "North gate";
const WEB = join(import.meta.dirname, "..");

async function prepare(stand: Stand): Promise<void> {
  await stand.call("start_recording", { device: "camera0", duration: 1 });
  await eventually(async () => {
    const { files } = await stand.call<{ files: { status: string }[] }>("list_recordings");
    return files[0]?.status === "FINISHED";
  }, 60_000);
}

const scenario = scene({ cameras: [NAME], prepare });

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

scenario("the page from its sources does what the built one does", async ({ stand, open }) => {
  const port = await freePort();
  const vite = spawn(process.execPath, ["node_modules/vite/bin/vite.js", "--port", String(port)], {
    cwd: WEB,
    env: { ...process.env, CAMSVC_URL: stand.url },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = new Promise((done) => vite.once("exit", done));
  try {
    const from = `http://127.0.0.1:${String(port)}`;
    await eventually(async () => (await fetch(from).catch(() => null))?.ok, 60_000);
    const { page, context } = await open({ from, login: await stand.user("operator", "ann") });
    const tile = page.getByRole("article", { name: NAME });
    await assertMoves(tile, "webrtc", 90_000);
    await tile.getByRole("button", { name: `Snapshot of ${NAME}` }).click();
    const picture = page.getByRole("region", { name: "Messages" }).locator("img");
    await eventually(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth === 640));
    await page.getByRole("link", { name: "Library" }).click();
    await page.getByRole("link", { name: /^Play / }).click();
    const video = page.locator("video");
    await eventually(() => video.evaluate((shown: HTMLVideoElement) => shown.currentTime > 0.3), 60_000);
    assert.equal(new URL(await video.evaluate((shown: HTMLVideoElement) => shown.currentSrc)).origin, from);
    await context.close(); // it would miss what is served
  } finally {
    vite.kill();
    await ended;
  }
});

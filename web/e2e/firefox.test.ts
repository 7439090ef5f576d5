// Debian's Firefox: log in, watch, record, play. It has no H264 for WebRTC, so the picture comes by HLS, and says why.

import assert from "node:assert/strict";

import { assertClockRuns, assertMoves } from "./harness/pictures.ts";
import { assertAccessible, scene } from "./harness/scenario.ts";
import { eventually } from "./harness/stand.ts";

const NAME = "North gate";
const scenario = scene({ browser: "firefox", cameras: [NAME] });

scenario("Firefox: log in, live, record, play with seek", async ({ stand, open }) => {
  const { page, expect } = await open({ login: await stand.user("operator", "ann") });
  expect(/400 .*whep/);
  const tile = page.getByRole("article", { name: NAME });
  await assertMoves(tile, "hls", 90_000);
  await assertClockRuns(tile.locator("video"), NAME);
  await tile.getByRole("button", { name: `Record ${NAME}` }).click();
  await tile.getByText(/^REC 0:(0[2-9]|[1-5]\d)/).waitFor();
  await tile.getByRole("button", { name: `Stop the recording of ${NAME}` }).click();
  await tile.getByText(/^REC/).waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Library" }).click();
  await page.getByRole("link", { name: /^Play / }).click();
  const video = page.locator("video");
  await eventually(() => video.evaluate((shown: HTMLVideoElement) => shown.currentTime > 0.3));
  await page.keyboard.press("k");
  await eventually(() => video.evaluate((shown: HTMLVideoElement) => shown.paused));
  await video.evaluate((shown: HTMLVideoElement) => (shown.currentTime = 1));
  await eventually(() =>
    video.evaluate((shown: HTMLVideoElement) => !shown.seeking && shown.readyState >= 2),
  );
  const at = await video.evaluate((shown: HTMLVideoElement) => [
    shown.currentTime,
    shown.videoWidth,
    shown.videoHeight,
  ]);
  assert.deepEqual(at, [1, 640, 360]);
  await assertAccessible(page, "a recording in Firefox");
});

// What stays in the browser's memory of pictures that have ended: nothing, however often they end and begin anew.

import assert from "node:assert/strict";

import type { CDPSession, Page } from "playwright-core";

import { assertMoves } from "./harness/pictures.ts";
import { go, scene } from "./harness/scenario.ts";
import { eventually, type Stand } from "./harness/stand.ts";

const NAMES = ["North gate", "Yard 2", "Workbench", "Stairs"] as const;
const ROUNDS = 3;
const scenario = scene({ cameras: NAMES, width: 320, height: 180, fps: 10 });

async function allMove(page: Page): Promise<void> {
  for (const name of NAMES) await assertMoves(page.getByRole("article", { name }), "webrtc", 90_000);
}

/** Through other pages and back, then engine and camsvc are killed; all is live again at the end. */
async function round(page: Page, stand: Stand): Promise<void> {
  for (const path of ["/camera/camera0", "/library", "/"]) await go(page, path);
  await allMove(page);
  const noticed = page.getByText(/^picture from /).first();
  await Promise.all([noticed.waitFor(), stand.do("kill_engine")]);
  await allMove(page);
  const lost = page.getByText("The connection to camsvc was lost");
  await stand.do("kill_camsvc");
  await lost.waitFor();
  await stand.do("start_camsvc");
  await lost.waitFor({ state: "detached", timeout: 60_000 });
  await allMove(page);
}

/** Of nodes, listeners and WebRTC connections, those that nothing frees. */
async function left(cdp: CDPSession): Promise<Record<string, number>> {
  for (let times = 0; times < 3; times += 1) await cdp.send("HeapProfiler.collectGarbage");
  const { metrics } = await cdp.send("Performance.getMetrics");
  const counted = ["Nodes", "JSEventListeners", "RTCPeerConnections"];
  return Object.fromEntries(
    metrics.filter(({ name }) => counted.includes(name)).map(({ name, value }) => [name, value]),
  );
}

scenario("no node, listener or connection is left of pictures that have ended", async ({ stand, open }) => {
  const { page, context, expect } = await open({ login: await stand.user("viewer", "ann") });
  expect(
    /WebSocket connection to .* failed/,
    /ERR_(CONNECTION_|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)/,
    /(404|50[0-9]) .*\/(live|cameras)\//,
  );
  const cdp = await context.newCDPSession(page);
  await cdp.send("Performance.enable");
  await allMove(page);
  await round(page, stand); // all code is there, and the last picture of each camera
  const before = await left(cdp);
  for (let times = 0; times < ROUNDS; times += 1) await round(page, stand);
  let now = before;
  await eventually(async () => {
    now = await left(cdp);
    return Object.entries(now).every(([name, count]) => count <= (before[name] ?? 0));
  }).catch(() => assert.fail(`${JSON.stringify(before)} became ${JSON.stringify(now)}`));
});

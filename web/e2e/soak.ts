// The page for a long time: node soak.ts [MINUTES].
//
// Eight live tiles; meanwhile somebody goes through the pages, takes snapshots and records, the network, the media engine
// and camsvc fail and come back. Fails where a tile does not heal, the JavaScript heap is more than 50 MB at the end or
// has grown, or the console has an error that no failure of that kind explains.

import assert from "node:assert/strict";

import type { CDPSession, Page } from "playwright-core";

import { launch, logIn, open } from "./harness/browser.ts";
import { go } from "./harness/scenario.ts";
import { eventually, Stand } from "./harness/stand.ts";

const TILES = 8;
const MOST_HEAP = 50e6;
/** Rounds before the first look: all code is loaded, and most of what runs often is compiled. */
const WARM = 4;
/**
 * What may be more in the last third of the looks than in the first. V8 goes on compiling: with the same nodes and
 * listeners throughout, the heap goes from 4.8 to 5.9 MB in the first ten rounds through the pages, to 6.1 in the next
 * ten, to 6.2 in ten more; two thirds of that are compiled code, a third what the debugger keeps of requests. A message
 * that is shown has some 20 nodes; a tile that is left behind has 200, with its page some 1,500.
 */
const SLACK: Look = { heap: 1e6, nodes: 60, listeners: 15, peers: 4 };
const HEALS_MS = 60_000;

/** What a browser says while a server is away, and the page comes back from. */
const OUTAGE = [
  /WebSocket connection to .* failed/,
  /ERR_(CONNECTION_|INTERNET_DISCONNECTED|NETWORK_|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)/,
  /\b50[234]\b .*\/(live|cameras|files)\//,
  /\b(404|410|503)\b .*\/live\//,
];

const minutes = Number(process.argv[2] ?? 30);
const stand = await Stand.start({
  cameras: Array.from({ length: TILES }, (_, n) => `Camera ${String(n + 1)}`),
  width: 320,
  height: 180,
  fps: 10,
});
const admin = await stand.user("admin", "soak");
const browser = await launch("chromium");
const { page, complaints, expect, context } = await open(
  browser,
  `${stand.url}/#/`,
  { viewport: { width: 1440, height: 900 } },
  async (all) => {
    await all.addInitScript(() =>
      localStorage.setItem("camsvc.settings", JSON.stringify({ liveTiles: "all" })),
    );
  },
);
expect(...OUTAGE);
await logIn(page, admin);
const cdp = await context.newCDPSession(page);
await cdp.send("Performance.enable");

/** How far each tile has played, in s; -1 where it shows no video. */
function places(at: Page): Promise<number[]> {
  return at.evaluate(() =>
    [...document.querySelectorAll<HTMLVideoElement>("[data-device] video")].map((video) =>
      video.hidden || video.readyState < 2 ? -1 : video.currentTime,
    ),
  );
}

/** Every tile is live, and its video goes on. */
async function allMove(why: string): Promise<number> {
  const began = Date.now();
  let before: number[] = [];
  await eventually(async () => {
    const now = await places(page);
    const moved = now.length === TILES && now.every((place, n) => place > 0 && place > (before[n] ?? place));
    before = now;
    if (!moved) await page.waitForTimeout(250);
    return moved;
  }, HEALS_MS).catch((error: unknown) => {
    throw new Error(`${why}: not all tiles move: ${before.join(" ")}: ${String(error)}`);
  });
  return (Date.now() - began) / 1000;
}

interface Look {
  heap: number;
  nodes: number;
  listeners: number;
  /** WebRTC connections in the browser's memory, closed ones with them: it allows 500. */
  peers: number;
}

async function look(session: CDPSession): Promise<Look> {
  for (let times = 0; times < 3; times += 1) await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  const { metrics } = await session.send("Performance.getMetrics");
  const of = (name: string) => metrics.find((each) => each.name === name)?.value ?? 0;
  return {
    heap: usedSize,
    nodes: of("Nodes"),
    listeners: of("JSEventListeners"),
    peers: of("RTCPeerConnections"),
  };
}

/** What somebody does in a round, back at the cameras at its end. */
async function work(round: number): Promise<void> {
  const device = `camera${String(round % TILES)}`;
  const tile = page.locator(`article[data-device=${device}]`);
  await tile.getByRole("button", { name: /^Snapshot/ }).click();
  await tile.getByRole("button", { name: /^Record/ }).click();
  await tile.getByRole("button", { name: /^Stop/ }).waitFor();
  for (const path of [`/camera/${device}`, "/library", "/system", "/administration", "/"])
    await go(page, path);
  await tile.getByRole("button", { name: /^Stop/ }).click();
  await tile.getByRole("button", { name: /^Record/ }).waitFor();
}

/** Each ends when the page has noticed, and what failed is back. Video goes on without the network's TCP and camsvc. */
const failures: Record<string, () => Promise<void>> = {
  "the network": async () => {
    await context.setOffline(true);
    await page.getByText("The connection to camsvc was lost").waitFor({ timeout: 40_000 });
    await context.setOffline(false);
  },
  "the media engine": async () => {
    const noticed = page
      .locator("[data-phase]:not([data-phase=moving])")
      .first()
      .waitFor({ timeout: 40_000 });
    await Promise.all([stand.do("kill_engine"), noticed]);
    await eventually(async () => {
      const { status } = await stand.call<{ status: string }>("get_system_status");
      return status === "ready";
    }, HEALS_MS);
  },
  camsvc: async () => {
    await stand.do("kill_camsvc");
    await page.getByText("The connection to camsvc was lost").waitFor();
    await stand.do("start_camsvc");
  },
};

const mega = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const told = ({ heap, nodes, listeners, peers }: Look) =>
  `heap ${mega(heap)}, nodes ${String(nodes)}, listeners ${String(listeners)}, peers ${String(peers)}`;
const looks: Look[] = [];
const failing = Array.from({ length: Math.max(1, minutes / 10) }, () => Object.entries(failures)).flat();
const most = failing.length;
console.log(`all tiles live after ${(await allMove("at the start")).toFixed(1)} s`);
for (let round = 0; round < WARM; round += 1) {
  await work(round);
  await allMove("while code gets warm");
}
const began = Date.now();
const passed = () => (Date.now() - began) / 60_000;
for (let round = 1; passed() < minutes || looks.length < 6; round += 1) {
  await work(round);
  await allMove(`round ${String(round)}`);
  // Each failure in ten minutes, and once at least, between two tenths of the time and seven.
  const due = failing.length && passed() > minutes * (0.2 + (0.5 * (most - failing.length)) / most);
  const failure = due ? failing.shift() : undefined;
  if (failure) {
    await failure[1]();
    const took = await allMove(`after ${failure[0]} had failed`);
    console.log(`${failure[0]} failed and came back: all tiles live ${took.toFixed(1)} s later`);
  }
  await page.waitForTimeout(Math.min(10_000, (minutes * 60_000) / 24));
  const now = await look(cdp);
  looks.push(now);
  console.log(`  round ${String(round)}: ${told(now)}`);
}
const middle = (all: readonly Look[], what: keyof Look) =>
  all.map((each) => each[what]).sort((one, other) => one - other)[all.length >> 1] ?? 0;
const third = Math.floor(looks.length / 3);
const [first, last] = [looks.slice(0, third), looks.slice(-third)].map((part) => ({
  heap: middle(part, "heap"),
  nodes: middle(part, "nodes"),
  listeners: middle(part, "listeners"),
  peers: middle(part, "peers"),
})) as [Look, Look];
console.log(
  `${passed().toFixed(1)} minutes, ${String(looks.length)} rounds, ${stand.engine}; ` +
    `in the first third ${told(first)}; in the last third ${told(last)}`,
);
const shown = await page.getByRole("alert").allTextContents();
await browser.close();
await stand.stop();
assert.deepEqual(complaints, [], "the console");
assert.deepEqual(shown, [], "what the page complains of at the end");
assert.equal(failing.length, 0, "the time was too short for each failure");
assert.ok(last.heap < MOST_HEAP, `the heap is ${mega(last.heap)}`);
for (const what of Object.keys(SLACK) as (keyof Look)[])
  assert.ok(last[what] <= first[what] + SLACK[what], `${what} grew: ${told(first)}, then ${told(last)}`);

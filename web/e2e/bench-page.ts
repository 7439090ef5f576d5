// How fast the page is, in Chromium against a camsvc on the same machine: node bench-page.ts [TIMES].
//
// Page ready: from the navigation until all tiles are drawn, nothing in the cache. A click shows: from the event until
// the second frame after the page shows what it does. Each as the browser runs, and with its CPU four times slower
// (CDP, Emulation.setCPUThrottlingRate). Idle CPU: what the renderer's process takes on pages without video.

import type { Browser, CDPSession, Page } from "playwright-core";

import { launch, logIn, open } from "./harness/browser.ts";
import { go } from "./harness/scenario.ts";
import { Stand } from "./harness/stand.ts";

const SLOWER = [1, 4];
const IDLE_S = 30;
const times = Number(process.argv[2] ?? 5);

const stand = await Stand.start({
  cameras: ["North gate", "Workbench", "Yard 2", "Stairs"],
  width: 320,
  height: 180,
  fps: 10,
});
const admin = await stand.user("admin", "bench");
// Renderers of their own for each page, so that the idle one is alone in its process.
const browser = await launch("chromium");

function spread(found: readonly number[]): string {
  const all = [...found].sort((one, other) => one - other);
  const of = (value: number | undefined) => (value ?? NaN).toFixed(0);
  return `${of(all[0])} / ${of(all[all.length >> 1])} / ${of(all.at(-1))} ms`;
}

async function watched(slower: number): Promise<{ page: Page; cdp: CDPSession }> {
  const { page, context } = await open(browser, `${stand.url}/#/`, {}, async (all) => {
    await all.addInitScript(() => {
      localStorage.setItem("camsvc.settings", JSON.stringify({ liveTiles: "none" }));
    });
  });
  await logIn(page, admin);
  const cdp = await context.newCDPSession(page);
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: slower });
  return { page, cdp };
}

/** ms from the navigation until all tiles stand there. */
async function ready({ page, cdp }: { page: Page; cdp: CDPSession }): Promise<number> {
  await cdp.send("Network.clearBrowserCache");
  await page.goto("about:blank");
  await page.goto(`${stand.url}/#/`, { waitUntil: "commit" });
  const handle = await page.waitForFunction(
    () => (document.querySelectorAll("article[data-device]").length === 4 ? performance.now() : 0),
    undefined,
    { polling: "raf" },
  );
  return handle.jsonValue();
}

/** ms from a click on `selector` until two frames after `shows` matches something. */
function click(page: Page, selector: string, shows: string): Promise<number> {
  return page.evaluate(
    ([what, then]) =>
      new Promise<number>((done, fail) => {
        const button = document.querySelector<HTMLElement>(what);
        if (!button) {
          fail(new Error(`there is no ${what}`));
          return;
        }
        // What is there for less than a frame has been there.
        let seen = false;
        const observer = new MutationObserver(() => (seen ||= document.querySelector(then) !== null));
        observer.observe(document.body, { subtree: true, childList: true, attributes: true });
        const began = performance.now();
        button.click();
        const check = () => {
          if (seen) requestAnimationFrame(() => done(performance.now() - began));
          else requestAnimationFrame(check);
        };
        requestAnimationFrame(check);
      }),
    [selector, shows] as const,
  );
}

/** ms by what was clicked. */
async function clicks(page: Page): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  const tile = "article[data-device=camera0]";
  await go(page, "/");
  await page.locator(tile).waitFor();
  found.snapshot = await click(
    page,
    `${tile} button[aria-label^=Snapshot]`,
    `${tile} button[aria-label^=Snapshot][aria-busy]`,
  );
  await page.locator(`${tile} button[aria-label^=Snapshot]:not([aria-busy])`).waitFor();
  found.record = await click(page, `${tile} button[aria-label^=Record]`, `${tile} button[aria-label^=Stop]`);
  await page.locator(`${tile} button[aria-label^=Stop]:not([aria-busy])`).waitFor();
  found.stop = await click(page, `${tile} button[aria-label^=Stop]`, `${tile} button[aria-busy]`);
  await page.locator(`${tile} button[aria-label^=Record]:not([aria-busy])`).waitFor();
  found.arrange = await click(
    page,
    "button[aria-label=Arrange]",
    "button[aria-label=Arrange][aria-pressed=true]",
  );
  for (const [name, path] of [
    ["library", "#/library"],
    ["system", "#/system"],
  ] as const) {
    await go(page, path.slice(1)); // its code is there
    await go(page, "/");
    found[name] = await click(page, `nav a[href$="${path}"]`, `nav a[href$="${path}"][aria-current=page]`);
    await page.locator("main h1").waitFor();
  }
  return found;
}

/** Seconds of CPU that all renderers have used. */
async function rendererSeconds(of: Browser): Promise<number> {
  const session = await of.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.filter(({ type }) => type === "renderer").reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

async function idle(page: Page, path: string): Promise<number> {
  await go(page, path);
  await page.waitForTimeout(3000);
  const [before, began] = [await rendererSeconds(browser), performance.now()];
  await page.waitForTimeout(IDLE_S * 1000);
  const seconds = (performance.now() - began) / 1000;
  return (100 * ((await rendererSeconds(browser)) - before)) / seconds;
}

const rows: [string, string][] = [];
for (const slower of SLOWER) {
  const at = slower === 1 ? "" : `, CPU ${String(slower)} times slower`;
  const one = await watched(slower);
  const found: number[] = [];
  for (let time = 0; time < times; time += 1) found.push(await ready(one));
  rows.push([`page ready${at}`, spread(found)]);
  const all: Record<string, number[]> = {};
  for (let time = 0; time < times; time += 1)
    for (const [name, ms] of Object.entries(await clicks(one.page))) (all[name] ??= []).push(ms);
  for (const [name, taken] of Object.entries(all)) rows.push([`  click shows: ${name}${at}`, spread(taken)]);
  await one.page.context().close();
}
const { page } = await watched(1);
for (const path of ["/library", "/administration", "/system"])
  rows.push([`CPU of the page, idle: ${path}`, `${(await idle(page, path)).toFixed(2)} %`]);
await browser.close();
await stand.stop();
const wide = Math.max(...rows.map(([name]) => name.length));
console.log(`least / middle / most of ${String(times)}, ${stand.engine}`);
for (const [name, value] of rows) console.log(`${name.padEnd(wide)}  ${value}`);

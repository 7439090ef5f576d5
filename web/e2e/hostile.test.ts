// Names that try to be more than text, of cameras and files, on every page that shows them; and the wall.

import assert from "node:assert/strict";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { Page } from "playwright-core";

import { assertReadOverPictures } from "./harness/contrast.ts";
import { assertMoves } from "./harness/pictures.ts";
import { assertAccessible, assertFits, go, pagesOf, scene } from "./harness/scenario.ts";
import { eventually, type Stand } from "./harness/stand.ts";

/** As the page shows the signs in them that turn text. */
const shown = (name: string) => name.replaceAll("\u202e", "⟨RLO⟩").replaceAll("\u2066", "⟨LRI⟩");

const CAMERAS = [`"><img src=x onerror="owned=1">`, `שער <b>צפון</b> 'x' &amp; {name}`] as const;
/** As somebody may put them into the folder; camsvc itself makes none like these. */
const FILES = [
  `"><img src=x onerror="owned=1">.mp4`,
  `100%25 %zz & <b>it's<b> #1 ?a=b.mp4`,
  `\u202egnp.\u2066harmless.mp4`,
] as const;

async function prepare(stand: Stand): Promise<void> {
  const { filename } = await stand.call<{ filename: string }>("start_recording", {
    device: "camera0",
    duration: 2,
  });
  const list = async () => (await stand.call<{ files: { status: string }[] }>("list_recordings")).files;
  await eventually(async () => (await list())[0]?.status === "FINISHED", 60_000);
  const folder = join(stand.state, "recordings");
  for (const name of FILES) copyFileSync(join(folder, filename), join(folder, name));
  await eventually(
    async () => (await list()).filter(({ status }) => status === "FINISHED").length === 1 + FILES.length,
  );
}

const scenario = scene({ cameras: CAMERAS, prepare });

/** Fails where a name became an element, ran, or turns the text around it. */
async function assertText(page: Page, names: readonly string[], what: string): Promise<void> {
  const found = await page.evaluate((all) => {
    const wrong: string[] = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      const inside = text.parentElement;
      if (!inside || !all.some((name) => text.nodeValue?.includes(name))) continue;
      const { display, unicodeBidi } = getComputedStyle(inside);
      if (display === "inline" && unicodeBidi === "normal") wrong.push(`not isolated: ${inside.outerHTML}`);
    }
    const turns = /[\u202a-\u202e\u2066-\u2069]/;
    const said = ["aria-label", "title", "alt", "placeholder"];
    for (const each of document.querySelectorAll<HTMLElement>("body, body *")) {
      const own = [...each.childNodes]
        .filter(({ nodeType }) => nodeType === 3)
        .map(({ nodeValue }) => nodeValue);
      for (const text of [...own, ...said.map((name) => each.getAttribute(name))])
        if (text && turns.test(text)) wrong.push(`turns the text: ${each.outerHTML.slice(0, 200)}`);
    }
    for (const made of document.querySelectorAll("img[src=x], main b")) wrong.push(made.outerHTML);
    if ("owned" in window) wrong.push("it ran");
    return wrong;
  }, names);
  assert.deepEqual(found, [], what);
}

scenario("names of cameras are text on every page", async ({ stand, open }) => {
  const { page } = await open({ login: await stand.user("admin", "ann") });
  for (const name of CAMERAS) await page.getByRole("heading", { name, exact: true }).waitFor();
  const parts = ["users", "keys", "retention", "streams", "audit"].map((part) => `/administration/${part}`);
  for (const path of [...(await pagesOf(page)), ...parts, "/camera/camera0", "/camera/camera1"]) {
    await go(page, path);
    await assertText(page, CAMERAS, path);
  }
  await page.getByRole("button", { name: "Snapshot", exact: true }).click();
  await page.getByRole("img", { name: /^Snapshot / }).waitFor();
  await page.getByRole("region", { name: "Watch elsewhere" }).getByRole("button", { name: "Show" }).click();
  await page.getByLabel("RTSP", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Record", exact: true }).click({ button: "right" });
  await page.getByRole("dialog").waitFor();
  await assertText(page, CAMERAS, "the dialog of a recording");
  assert.match(await page.title(), /שער <b>צפון<\/b>/);
});

scenario("signs that turn text are shown as their names in what was asked for", async ({ stand, open }) => {
  const turned = "\u202eeman dab\u2069";
  // camsvc takes no such name of a person, a key or a camera; what was asked for is told as it was.
  await assert.rejects(stand.call("delete_recording", { filename: `${turned}.mp4` }));
  const { page } = await open({ login: await stand.user("admin", "carl") });
  await go(page, "/administration/audit");
  await page
    .getByRole("row", { name: /delete_recording/ })
    .first()
    .getByText("Show")
    .click();
  await page
    .getByText(/⟨RLO⟩eman dab⟨PDI⟩\.mp4/)
    .first()
    .waitFor();
  await assertText(page, [], "the audit log");
});

scenario("names of files are text; each can be played, downloaded and deleted", async ({ stand, open }) => {
  const { page, expect } = await open({ login: await stand.user("admin", "bob") });
  expect(/404 .*\/files\/thumbnails\//); // asked for just as the file is deleted
  for (const name of FILES) {
    await go(page, "/library");
    const row = page.getByRole("listitem").filter({ has: page.getByText(shown(name), { exact: true }) });
    await row.waitFor();
    await assertText(page, FILES.map(shown), "the library");
    await row.getByRole("link", { name: /^Play / }).click();
    const video = page.locator("video");
    await eventually(() => video.evaluate((shown: HTMLVideoElement) => shown.videoWidth === 640));
    await page.getByText(shown(name), { exact: true }).waitFor();
    await assertText(page, FILES.map(shown), name);
    const downloading = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download" }).click();
    const kept = readFileSync(join(stand.state, "recordings", name));
    assert.ok(readFileSync(await (await downloading).path()).equals(kept), name);
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  }
  await page
    .getByRole("status")
    .filter({ hasText: /^1 recording\b/ })
    .waitFor();
});

scenario("the wall: every camera live, nothing else, by a key in the address", async ({ stand, open }) => {
  const { key } = await stand.call<{ key: string }>("create_api_key", { name: "wall", role: "viewer" });
  const { page } = await open({
    at: `/wall?key=${key}`,
    viewport: { width: 1280, height: 720 },
    before: async (context) => {
      await context.addInitScript(() => {
        const held = { now: 0 };
        const request = () => {
          held.now += 1;
          return Promise.resolve({ release: () => Promise.resolve((held.now -= 1)) });
        };
        Object.defineProperty(navigator, "wakeLock", { value: { request } });
        Object.assign(window, { held });
      });
    },
  });
  const held = () => page.evaluate(() => (window as unknown as { held: { now: number } }).held.now);
  for (const name of CAMERAS) {
    await page.getByRole("heading", { name, exact: true }).waitFor();
    await assertMoves(page.getByRole("region", { name, exact: true }), "webrtc");
  }
  assert.ok(!page.url().includes("key"), page.url());
  assert.equal(await held(), 1, "the screen is kept on");
  await assertText(page, CAMERAS, "the wall");
  assert.equal(await page.getByRole("navigation").count(), 0);
  await assertReadOverPictures(page, "the wall, touched");
  await page.locator("[data-touched=false]").waitFor();
  await assertAccessible(page, "the wall");
  await assertFits(page, "the wall");
  await page.setViewportSize({ width: 360, height: 740 });
  await assertFits(page, "the wall on a phone");
  await page.keyboard.press("Escape");
  await page.getByRole("article").first().waitFor();
  assert.equal(await held(), 0, "the screen may go off again");
  await page.keyboard.press("w");
  await page.getByRole("button", { name: "Leave the wall" }).click();
  await page.getByRole("article").first().waitFor();
});

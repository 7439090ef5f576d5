// The page Library: what is there by day, played with seeking, downloaded, chosen, protected, deleted and taken back.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { Download, Page } from "playwright-core";

import { difference, pictureOf, picturesIn } from "./harness/pictures.ts";
import { assertAccessible, assertFits, go, scene } from "./harness/scenario.ts";
import { eventually, type Stand } from "./harness/stand.ts";

interface File {
  filename: string;
  device: string;
  duration: number;
  status: string;
  protected: boolean;
}

const recordings = async (stand: Stand) =>
  (await stand.call<{ files: File[] }>("list_recordings")).files.filter(
    ({ status }) => status === "FINISHED",
  );

const LONG_S = 8;
const SHORT_S = 2;
/** Pictures a second of the cameras of a stand. */
const FPS = 15;

/** A long recording of one camera, a short one of another, then a short one of the first; a snapshot of each. */
async function record(stand: Stand): Promise<void> {
  const devices = ["camera0", "camera1"];
  const begin = (device: string, duration: number) => stand.call("start_recording", { device, duration });
  await Promise.all([begin("camera0", LONG_S), begin("camera1", SHORT_S)]);
  await Promise.all(devices.map((device) => stand.call("take_snapshot", { device })));
  await eventually(async () => (await recordings(stand)).length === 2, 60_000);
  await begin("camera0", SHORT_S);
  await eventually(async () => (await recordings(stand)).length === 3, 60_000);
}

const scenario = scene({ prepare: record });

const pathOf = (stand: Stand, { filename }: File) => join(stand.state, "recordings", filename);
const row = (page: Page, { filename }: File) => page.locator(`[data-filename="${filename}"]`);
const count = (page: Page, words: string) =>
  page.getByRole("status").filter({ hasText: words }).first().waitFor();
const chosen = (page: Page) => page.getByRole("toolbar", { name: "What is selected" });
const contentOf = async (download: Download) => readFileSync(await download.path());

async function longest(stand: Stand): Promise<File> {
  const [found] = (await recordings(stand)).sort((one, other) => other.duration - one.duration);
  assert.ok(found);
  return found;
}

scenario("a recording is found by day, camera, name and on the line of its day", async ({ stand, open }) => {
  const long = await longest(stand);
  const { page } = await open({ login: await stand.user("viewer", "ann"), at: "/library" });
  await count(page, "3 recordings");
  const thumbnail = row(page, long).locator("img");
  await eventually(() => thumbnail.evaluate((image: HTMLImageElement) => image.naturalWidth > 0), 30_000);
  const box = row(page, long).getByRole("checkbox");
  // Also when nothing points at it, its edge is to be seen (WCAG 1.4.11).
  assert.equal(await box.evaluate((input) => getComputedStyle(input).opacity), "1");
  await box.check();
  await assertAccessible(page, "the library of a viewer");
  assert.deepEqual(await chosen(page).getByRole("button").allInnerTexts(), ["Download as ZIP", ""]);
  await page.keyboard.press("Escape");
  await chosen(page).waitFor({ state: "detached" });
  await page.getByLabel("Camera", { exact: true }).selectOption("Yard 2");
  await count(page, "1 recording");
  await page.getByLabel("Camera", { exact: true }).selectOption("All cameras");
  await page.getByLabel("Search").fill(long.filename.slice(0, -4));
  await count(page, "1 recording");
  await row(page, long).waitFor();
  await page.getByLabel("Search").fill("no such name");
  await page.getByText("Nothing was found").waitFor();
  await assertAccessible(page, "a library in which nothing is found");
  await page.getByRole("button", { name: "Show all" }).click();
  await page.getByRole("button", { name: "The day before" }).click();
  await page.getByText("Nothing was recorded on this day.").waitFor();
  await page.getByRole("button", { name: "The day after" }).click();
  await count(page, "3 recordings");
  await page.getByRole("radio", { name: "Snapshots" }).check();
  await count(page, "2 snapshots");
  await page.getByRole("link", { name: /^Look at .*Yard 2/ }).click();
  const snapshot = page.getByRole("img", { name: /^Snapshot of/ });
  await eventually(() => snapshot.evaluate((image: HTMLImageElement) => image.naturalWidth === 640));
  await assertAccessible(page, "a snapshot");
});

scenario(
  "a recording plays; each way of seeking shows the picture of the asked moment",
  async ({ stand, open }) => {
    const long = await longest(stand);
    const pictures = picturesIn(pathOf(stand, long), FPS, 640, 360);
    assert.ok(pictures.length > 6.5 * FPS, `${pictures.length} pictures`);
    const { page } = await open({ login: await stand.user("operator", "bob"), at: "/library" });
    await row(page, long)
      .getByRole("link", { name: /^Play / })
      .click();
    const video = page.locator("video");
    const at = () => video.evaluate((shown: HTMLVideoElement) => (shown.seeking ? -1 : shown.currentTime));
    const paused = () => video.evaluate((shown: HTMLVideoElement) => shown.paused);
    await eventually(async () => (await at()) > 0.5);
    const drawn = await video.evaluateHandle((shown: HTMLVideoElement) => {
      const last = { seconds: -1 };
      const note: VideoFrameRequestCallback = (_, { mediaTime }) => {
        last.seconds = mediaTime;
        shown.requestVideoFrameCallback(note);
      };
      shown.requestVideoFrameCallback(note);
      return last;
    });
    await eventually(async () => (await drawn.jsonValue()).seconds > 0);
    await page.keyboard.press("k");
    await eventually(paused);
    /**
     * Of all pictures of the file, the one that is shown is that of the time at which the video stands. On a slow machine
     * a video that pauses keeps the picture that was drawn last, which may be of some time `behind`.
     */
    const isRight = async (what: string, behind = 0.1) => {
      const now = await eventually(async () => ((await at()) >= 0 ? { seconds: await at() } : null));
      const { seconds } = await eventually(async () => {
        const last = await drawn.jsonValue();
        return Math.abs(now.seconds - last.seconds) <= behind ? last : null;
      });
      const shown = await pictureOf(video);
      assert.deepEqual([shown.width, shown.height], [640, 360]);
      const off = pictures.map((picture) => difference(shown, picture));
      const least = Math.min(...off);
      const near = Math.min(...off.filter((_, index) => Math.abs(index / FPS - seconds) < 2.5 / FPS));
      // A camera that had no time sends a picture twice.
      assert.ok(
        near < least + 0.1,
        `${what}: at ${seconds.toFixed(3)} s ${near.toFixed(1)}, at ${off.indexOf(least) / FPS} s ${least.toFixed(1)}`,
      );
      return now.seconds;
    };
    const begun = await isRight("paused", 1);
    await page.keyboard.press("ArrowRight");
    const on = await isRight("5 s on");
    assert.ok(Math.abs(on - begun - 5) < 0.1, `${begun} → ${on}`);
    await page.getByRole("button", { name: "One picture back" }).click();
    const stepped = await isRight("one picture back");
    assert.ok(stepped < on && stepped > on - 0.2, `${on} → ${stepped}`);
    await page.keyboard.press(".");
    assert.ok((await isRight("one picture on")) > stepped);
    await page.keyboard.press("ArrowLeft");
    assert.ok(Math.abs((await isRight("5 s back")) - begun) < 0.2);
    await video.evaluate((shown: HTMLVideoElement) => (shown.currentTime = 6.5));
    assert.ok(Math.abs((await isRight("6.5 s")) - 6.5) < 0.1);
    await page.getByRole("button", { name: /^Speed: 1/ }).click();
    await assertAccessible(page, "the speeds of a recording");
    await page.getByRole("menuitemradio", { name: "2 ×" }).click();
    assert.equal(await video.evaluate((shown: HTMLVideoElement) => shown.playbackRate), 2);
    await page.getByRole("switch", { name: "Go on with the next" }).check();
    await page.keyboard.press("k");
    // At its end comes the next one of this camera.
    await page
      .getByRole("button", { name: "The next one" })
      .and(page.locator("[aria-disabled=true]"))
      .waitFor();
    await eventually(async () => (await at()) > 0 && (await at()) < 5);
  },
);

scenario(
  "what is downloaded is the server's file, byte for byte, alone or together",
  async ({ stand, open }) => {
    const [newest, ...others] = await recordings(stand);
    assert.ok(newest);
    const { page, context } = await open({ login: await stand.user("viewer", "carl"), at: "/library" });
    const alone = page.waitForEvent("download");
    await row(page, newest)
      .getByRole("link", { name: /^Download/ })
      .click();
    assert.equal((await alone).suggestedFilename(), newest.filename);
    assert.ok((await contentOf(await alone)).equals(readFileSync(pathOf(stand, newest))));
    await row(page, newest)
      .getByRole("link", { name: /^Play / })
      .click();
    const again = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download" }).click();
    assert.ok((await contentOf(await again)).equals(readFileSync(pathOf(stand, newest))));
    await page.goBack();
    await page.getByRole("button", { name: /^Select all of/ }).click();
    const together = context.waitForEvent("download");
    await page.getByRole("button", { name: "Download as ZIP" }).click();
    const archive = await contentOf(await together);
    assert.equal(archive.subarray(0, 4).toString("latin1"), "PK\x03\x04");
    for (const file of [newest, ...others])
      assert.ok(archive.includes(readFileSync(pathOf(stand, file))), file.filename);
  },
);

scenario(
  "a recording is protected and protected no more; no operator deletes one",
  async ({ stand, open }) => {
    const long = await longest(stand);
    const { page } = await open({ login: await stand.user("operator", "dora"), at: "/library" });
    await row(page, long).getByRole("checkbox").check();
    assert.equal(await page.getByRole("button", { name: "Delete" }).count(), 0);
    await chosen(page).getByRole("button", { name: "Protect" }).click();
    await row(page, long).getByText("Protected: retention never deletes it").waitFor();
    assert.equal(
      (await recordings(stand)).find(({ filename }) => filename === long.filename)?.protected,
      true,
    );
    await row(page, long)
      .getByRole("link", { name: /^Play / })
      .click();
    await page.getByRole("button", { name: "Export" }).click();
    await assertAccessible(page, "the dialog of an export");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Protect no more" }).click();
    await page.getByRole("button", { name: "Protect", exact: true }).waitFor();
    await eventually(async () => (await recordings(stand)).every((file) => !file.protected));
  },
);

scenario(
  "several are chosen and deleted after ten seconds, in which it can be undone",
  async ({ stand, open }) => {
    const all = await recordings(stand);
    const [newest, second, oldest] = all;
    assert.ok(newest && second && oldest);
    const { page } = await open({
      login: await stand.user("admin", "erik"),
      at: "/library",
      colorScheme: "dark",
    });
    await row(page, newest).getByRole("checkbox").check();
    await row(page, oldest)
      .getByRole("checkbox")
      .click({ modifiers: ["Shift"] });
    await chosen(page).getByText("3 selected").waitFor();
    const remove = async () => {
      await chosen(page).getByRole("button", { name: "Delete" }).click();
      const asked = page.getByRole("dialog");
      await assertAccessible(page, "the question before files are deleted");
      await asked.getByRole("button", { name: "Delete" }).click();
    };
    await remove();
    const notice = page.getByRole("region", { name: "Messages" }).getByRole("listitem");
    await notice.waitFor();
    await assertAccessible(page, "files that are deleted in a moment");
    await notice.getByRole("button", { name: "Undo" }).click();
    for (const each of all)
      await row(page, each).getByRole("checkbox").and(page.locator(":enabled")).waitFor();
    await row(page, newest).getByRole("checkbox").check();
    await row(page, second).getByRole("checkbox").check();
    await remove();
    await count(page, "1 recording");
    assert.deepEqual(
      (await recordings(stand)).map(({ filename }) => filename),
      [oldest.filename],
    );
    assert.deepEqual(
      all.map((each) => existsSync(pathOf(stand, each))),
      [false, false, true],
    );
    await row(page, oldest).waitFor();
    await row(page, newest).waitFor({ state: "detached" });
  },
);

scenario("on a phone of 320 px in German: list, selection and player fit", async ({ stand, open }) => {
  const viewport = { width: 320, height: 640 };
  const look = { locale: "de-DE", viewport, hasTouch: true };
  const { page } = await open({ ...look, login: await stand.user("admin", "fred") });
  await go(page, "/library");
  await page.getByRole("checkbox").first().check();
  await assertAccessible(page, "the library at 320 px");
  await assertFits(page, "the library at 320 px");
  await page.getByRole("button", { name: "Auswahl aufheben" }).click();
  await page
    .getByRole("link", { name: /^Abspielen/ })
    .first()
    .click();
  await eventually(() =>
    page.locator("video").evaluate((shown: HTMLVideoElement) => shown.videoWidth === 640),
  );
  await assertAccessible(page, "a recording at 320 px");
  await assertFits(page, "a recording at 320 px");
});

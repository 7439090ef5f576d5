// The page of one camera: its live picture, snapshots, recordings, and where else it can be watched.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Page } from "playwright-core";

import { assertReadOverPictures } from "./harness/contrast.ts";
import { assertClockRuns, assertMoves } from "./harness/pictures.ts";
import { assertAccessible, assertFits, go, scene } from "./harness/scenario.ts";
import { eventually } from "./harness/stand.ts";

const NAME = "North gate";
const scenario = scene({ cameras: [NAME] });

const stage = (page: Page) => page.getByRole("group", { name: `Picture of ${NAME}` });
const figure = (page: Page, name: string) =>
  stage(page).locator("dl div").filter({ hasText: name }).locator("dd");
/** The name that a way has among the figures. */
const WAYS = { webrtc: "WebRTC", hls: "HLS", pictures: "Pictures" } as const;

scenario("the live picture really plays, by each way, and says how it comes", async ({ stand, open }) => {
  const { page } = await open({ login: await stand.user("viewer", "ann") });
  await page.getByRole("link", { name: `Open ${NAME}` }).click();
  await assertMoves(stage(page), "webrtc");
  await assertClockRuns(stage(page).locator("video"), NAME);
  await page.keyboard.press("i");
  await figure(page, "Size").getByText("640 × 360").waitFor();
  await figure(page, "Bit rate").getByText(/\d/).waitFor();
  for (const name of ["Delay", "Lost"]) await figure(page, name).getByText(/\d/).waitFor();
  for (const way of ["pictures", "hls"] as const) {
    await page.getByLabel("Comes by").selectOption(way);
    await assertMoves(stage(page), way);
    await figure(page, "Way").getByText(WAYS[way]).waitFor();
    await assertClockRuns(stage(page).locator(way === "hls" ? "video" : "img"), NAME);
  }
  await assertAccessible(page, "a camera with its figures");
});

scenario("a snapshot is shown at once; what is downloaded is the server's file", async ({ stand, open }) => {
  const { page } = await open({ login: await stand.user("operator", "bob"), at: "/camera/camera0" });
  await page.getByRole("button", { name: "Snapshot", exact: true }).click();
  const picture = page.getByRole("img", { name: /^Snapshot / });
  await eventually(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth === 640));
  const shown = page.getByRole("figure").filter({ has: picture });
  const downloading = page.waitForEvent("download");
  await shown.getByRole("link", { name: "Download" }).click();
  const download = await downloading;
  const { files } = await stand.call<{ files: { filename: string }[] }>("list_snapshots");
  assert.deepEqual(
    [download.suggestedFilename()],
    files.map(({ filename }) => filename),
  );
  const kept = readFileSync(join(stand.state, "snapshots", download.suggestedFilename()));
  assert.ok(readFileSync(await download.path()).equals(kept));
  await assertAccessible(page, "a camera with a snapshot");
  await page.getByRole("button", { name: "Dismiss" }).click();
  await shown.waitFor({ state: "detached" });
});

scenario(
  "a recording begins, tells its time and size, ends, and is among today's",
  async ({ stand, open }) => {
    const { page } = await open({ login: await stand.user("operator", "carl"), at: "/camera/camera0" });
    await page.getByRole("button", { name: "Record", exact: true }).click();
    await page.getByText(/0:(0[2-9]|[1-5]\d) · [\d.,]+\s(kB|MB)$/).waitFor();
    const recording = async () =>
      (await stand.call<{ recording: boolean }>("get_camera_status", { device: "camera0" })).recording;
    assert.equal(await recording(), true);
    await assertAccessible(page, "a camera that is recorded");
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    const today = page.getByRole("region", { name: "Recorded today" });
    await today.getByText(/^1 recording · 0:(0[2-9]|[1-5]\d)$/).waitFor();
    assert.equal(await recording(), false);
    await page.getByRole("button", { name: "Record", exact: true }).click({ button: "right" });
    const dialog = page.getByRole("dialog", { name: `Record ${NAME}` });
    await assertAccessible(page, "the dialog of a recording");
    await dialog.getByRole("radio", { name: "MKV" }).check();
    await dialog.getByRole("radio", { name: "10 s" }).check();
    await dialog.getByRole("button", { name: "Record" }).click();
    await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
    await today.getByText(/^2 recordings/).waitFor();
    const { files } = await stand.call<{ files: { filename: string }[] }>("list_recordings");
    assert.match(files[0]?.filename ?? "", /\.mkv$/);
    await page.keyboard.press("r");
    await page.getByRole("button", { name: "Record", exact: true }).waitFor();
    await today.getByRole("link").last().click();
    await page.getByRole("toolbar", { name: "Player" }).waitFor();
  },
);

scenario("an admin names a camera, keeps it running, and chooses its mode", async ({ stand, open }) => {
  const { page, expect } = await open({ login: await stand.user("admin", "hugo"), at: "/camera/camera0" });
  expect(/404 .*\/whep\//); // the page ends a session that a new mode has ended already
  const settings = page.getByRole("region", { name: "Settings" });
  await settings.getByLabel("Name").fill("Front door");
  await settings.getByLabel("Always on").selectOption("On");
  const mode = settings.getByLabel("Mode");
  const [, first] = await mode.locator("option").allInnerTexts();
  await mode.selectOption(first ?? "");
  await settings.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Front door", level: 1 }).waitFor();
  const set = await stand.call<{ name: string; always_on: boolean; config: Record<string, unknown> }>(
    "get_camera_status",
    { device: "camera0" },
  );
  assert.deepEqual([set.name, set.always_on, typeof set.config.mode], ["Front door", true, "string"]);
  await assertAccessible(page, "a camera that was set");
  await settings.getByLabel("Name").fill("");
  await settings.getByLabel("Always on").selectOption({ index: 0 });
  await mode.selectOption({ index: 0 });
  await settings.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: NAME, level: 1 }).waitFor();
});

/** Runs in the page: WHEP at an address, until a track is there that is not muted, which means that media comes. */
async function watch(url: string): Promise<void> {
  const peer = new RTCPeerConnection();
  peer.addTransceiver("video", { direction: "recvonly" });
  const comes = new Promise<void>((done) => {
    peer.ontrack = ({ track }) => (track.onunmute = () => done());
  });
  await peer.setLocalDescription();
  const headers = { "Content-Type": "application/sdp" };
  const response = await fetch(url, { method: "POST", headers, body: peer.localDescription?.sdp ?? "" });
  if (response.status !== 201) throw new Error(`answered with ${response.status}`);
  await peer.setRemoteDescription({ type: "answer", sdp: await response.text() });
  await comes;
  const session = new URL(response.headers.get("Location") ?? "", url);
  await fetch(session, { method: "DELETE" });
  peer.close();
}

scenario("each address that is shown can be watched, and is copied by a touch", async ({ stand, open }) => {
  const { page } = await open({
    login: await stand.user("viewer", "dora"),
    at: "/camera/camera0",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const links = page.getByRole("region", { name: "Watch elsewhere" });
  await links.getByRole("button", { name: "Show" }).click();
  const address = (name: string) => links.getByLabel(name, { exact: true }).innerText();
  await links.getByRole("button", { name: "Copy: RTSP" }).click();
  await links.getByText("Copied").waitFor();
  const rtsp = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(rtsp, await address("RTSP"));
  const shown = [
    "-v",
    "error",
    "-rtsp_transport",
    "tcp",
    "-show_entries",
    "stream=codec_name,width",
    "-of",
    "csv=p=0",
  ];
  const { stdout, stderr } = spawnSync("ffprobe", [...shown, rtsp], { encoding: "utf-8", timeout: 30_000 });
  assert.match(stdout, /h264,640/, stderr);
  const hls = await fetch(await address("HLS"));
  assert.match(await hls.text(), /^#EXTM3U/);
  const newest = await fetch(await address("Newest picture (JPEG)"));
  assert.deepEqual([newest.status, newest.headers.get("Content-Type")], [200, "image/jpeg"]);
  await page.evaluate(watch, await address("WebRTC (WHEP)"));
  const program = links.getByLabel("Ready for");
  for (const each of await program.locator("option").allInnerTexts()) {
    await program.selectOption(each);
    assert.match(await address(`For ${each}`), /(rtsp|http):\/\/127\.0\.0\.1:\d+\//, each);
  }
  await assertAccessible(page, "the links of a camera");
});

for (const colorScheme of ["light", "dark"] as const) {
  scenario(
    `on a phone of 320 px, ${colorScheme}: what lies over a moving picture can be read`,
    async ({ stand, open }) => {
      const { page } = await open({
        login: await stand.user("admin", `erik-${colorScheme}`),
        colorScheme,
        locale: "de-DE",
        viewport: { width: 320, height: 640 },
      });
      await go(page, "/camera/camera0");
      await assertMoves(page.locator("[data-device=camera0]"), "webrtc");
      await page.keyboard.press("i");
      await page.keyboard.press("+");
      await page.getByText("Weg", { exact: true }).waitFor();
      await assertReadOverPictures(page, `a camera at 320 px, ${colorScheme}`);
      await assertAccessible(page, `a camera at 320 px, ${colorScheme}`);
      await assertFits(page, "a camera at 320 px");
    },
  );
}

// A real browser for the tests of the page, one of Debian's, steered by playwright-core.
//
// node browser.mjs BROWSER [OPTION…], BROWSER being chromium or firefox, options Chromium's: one JSON command a line on
// standard input, one JSON answer a line on standard output. Each command is {"do": NAME, ...}; an answer is
// {"ok": VALUE} or {"error": TEXT}.

import { createInterface } from "node:readline";
import { launch } from "../../../web/e2e/harness/browser.ts";
import { ages, first } from "./measuring.mjs";

const [, , name, ...options] = process.argv;
const browser = await launch(name, options);
let context, page;
const complaints = [];

// What a browser has not got, taken away before any script of the page runs.
const WITHOUT = {
  webrtc: () => { delete window.RTCPeerConnection; },
  hls: () => {
    delete window.MediaSource;
    delete window.ManagedMediaSource;
    HTMLMediaElement.prototype.canPlayType = () => "";
  },
  // WebRTC is there, but its packets get nowhere while window.blocked is true; the time of day is window.ahead ms fast.
  udp: () => {
    window.blocked = true;
    window.ahead = 0;
    const { now } = Date;
    Date.now = () => now() + window.ahead;
    performance.setResourceTimingBufferSize(10000);
    const { setRemoteDescription } = RTCPeerConnection.prototype;
    RTCPeerConnection.prototype.setRemoteDescription = function set({ type, sdp }) {
      const nobody = sdp.replace(/^(a=candidate:.*?) \d+ typ host/gm, "$1 9 typ host");
      return setRemoteDescription.call(this, { type, sdp: window.blocked ? nobody : sdp });
    };
  },
};

// Runs in the page: how a tile is.
function tile(device) {
  const article = document.querySelector(`[data-device="${device}"]`);
  if (!article) return null;
  const said = (role) => article.querySelector(`[data-role=${role}]`)?.textContent.trim() ?? "";
  const video = article.querySelector("video"), image = article.querySelector("img");
  const picture = !image.hidden ? image : video;
  const quality = video.getVideoPlaybackQuality();
  return {
    name: article.querySelector("h2").textContent,
    transport: said("way"),
    why: said("why"),
    words: said("words"),
    shown: !picture.hidden,
    width: picture.naturalWidth || picture.videoWidth,
    height: picture.naturalHeight || picture.videoHeight,
    frames: image.hidden ? quality.totalVideoFrames : image.src,
    dropped: quality.droppedVideoFrames,
  };
}

// Runs in the page: the brightness of each pixel of a tile's picture, as soon as it has one.
async function pixels(device) {
  const article = document.querySelector(`[data-device="${device}"]`);
  const image = article.querySelector("img"), video = article.querySelector("video");
  const shown = () => (image.hidden ? video : image);
  while (!(shown().naturalWidth || shown().videoWidth)) await new Promise(requestAnimationFrame);
  const picture = shown();
  const width = picture.naturalWidth || picture.videoWidth, height = picture.naturalHeight || picture.videoHeight;
  const canvas = new OffscreenCanvas(width, height);
  const drawing = canvas.getContext("2d");
  drawing.drawImage(picture, 0, 0);
  const { data } = drawing.getImageData(0, 0, width, height);
  let text = "";
  for (let at = 0; at < data.length; at += 4) {
    text += String.fromCharCode(Math.round(0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2]));
  }
  return { width, height, gray: btoa(text) };
}

const commands = {
  async open({ url, without = [], viewport = { width: 1280, height: 800 }, dark = false }) {
    await context?.close();
    context = await browser.newContext({ viewport, colorScheme: dark ? "dark" : "light" });
    for (const name of without) await context.addInitScript(WITHOUT[name]);
    page = await context.newPage();
    complaints.length = 0;
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(`${message.text()} ${message.location().url}`);
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(url);
  },
  async login({ user, password }) {
    await page.getByLabel("User", { exact: true }).fill(user);
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Log in" }).click();
  },
  // Log in without showing a camera.
  async enter({ user: username, password }) {
    const status = await page.evaluate(async (data) => (await fetch("/api/login", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(data),
    })).status, { username, password, cookie: true });
    if (status !== 200) throw new Error(`the login was answered with ${status}`);
  },
  async renew({ password, again = password }) {
    await page.getByLabel("New password").fill(password);
    await page.getByLabel("The same again").fill(again);
    await page.getByRole("button", { name: "Change it" }).click();
  },
  async logout() {
    await page.getByRole("button", { name: /^Account/ }).click();
    await page.getByRole("menuitem", { name: "Log out" }).click();
  },
  look: ({ device }) => page.evaluate(tile, device),
  pixels: ({ device }) => page.evaluate(pixels, device),
  text: () => page.locator("body").innerText(),
  complaints: () => complaints,
  // How far the page is wider than its window: 0 where nothing has to be scrolled sideways.
  overhang: () => page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth)),
  async reload() {
    await page.reload();
  },
  screenshot: ({ path }) => page.screenshot({ path, fullPage: true }),
  // Set a mark that a reload would wipe away, or read it.
  mark: ({ value }) => page.evaluate((mark) => (mark ? (window.testMark = mark) : window.testMark ?? null), value),
  run: ({ script }) => page.evaluate(script),
  ages: (asked) => page.evaluate(ages, asked),
  // One camera by one way, on a page that is loaded anew; ms to its first picture, from the page's start of it and from
  // its first request. It stays until the next one, or until it is over.
  async first({ device, way }) {
    await page.evaluate((wished) => localStorage.setItem("camsvc.settings", JSON.stringify({ way: wished })), way);
    await commands.over();
    await page.reload();
    await page.getByRole("heading", { name: "There is no such page here" }).waitFor();
    return page.evaluate(first, device);
  },
  // A page that shows no camera.
  async over() {
    await page.evaluate(() => { location.hash = "/nowhere"; });
    await page.locator("[data-device]").first().waitFor({ state: "detached" });
  },
  // By how many ms the page's wall clock and ours can differ: each question narrows it from both sides.
  async clocks() {
    let least = -Infinity, most = Infinity;
    for (let times = 0; times < 50; times += 1) {
      const before = Date.now(), there = await page.evaluate(() => Date.now());
      least = Math.max(least, there - Date.now() - 1);
      most = Math.min(most, there + 1 - before);
    }
    return Math.max(-least, most);
  },
  // Bytes of the page's JavaScript heap, after a collection.
  async heap() {
    const devtools = await context.newCDPSession(page);
    await devtools.send("HeapProfiler.collectGarbage");
    const { usedSize } = await devtools.send("Runtime.getHeapUsage");
    await devtools.detach();
    return usedSize;
  },
};

console.log(JSON.stringify({ ok: browser.version() }));
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  try {
    console.log(JSON.stringify({ ok: (await commands[command.do](command)) ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
}
await browser.close();

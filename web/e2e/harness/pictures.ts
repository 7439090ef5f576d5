// Whether a picture really plays, and what it shows: asked of the element that draws it.

import { spawnSync } from "node:child_process";

import type { Locator } from "playwright-core";

import { eventually } from "./stand.ts";

export type WayName = "webrtc" | "hls" | "pictures";

/** A picture in shades of grey, a byte a pixel. */
export interface Grey {
  width: number;
  height: number;
  pixels: Buffer;
}

/** Runs in the page: the brightness of each pixel of what an element draws. */
function drawn(element: Element): { width: number; height: number; text: string } {
  const picture = element as HTMLVideoElement & HTMLImageElement;
  const width = picture.videoWidth || picture.naturalWidth || picture.width;
  const height = picture.videoHeight || picture.naturalHeight || picture.height;
  if (!width || !height) return { width: 0, height: 0, text: "" };
  const drawing = new OffscreenCanvas(width, height).getContext("2d");
  if (!drawing) throw new Error("no canvas");
  drawing.drawImage(picture, 0, 0);
  const { data } = drawing.getImageData(0, 0, width, height);
  let text = "";
  for (let at = 0; at < data.length; at += 4) {
    const [red = 0, green = 0, blue = 0] = data.subarray(at, at + 3);
    text += String.fromCharCode(Math.round(0.299 * red + 0.587 * green + 0.114 * blue));
  }
  return { width, height, text: btoa(text) };
}

/** What a video, an image or a canvas shows now. */
export async function pictureOf(element: Locator): Promise<Grey> {
  const { width, height, text } = await element.evaluate(drawn);
  return { width, height, pixels: Buffer.from(text, "base64") };
}

/** The pictures of a file, so many a second from its beginning, as ffmpeg has them. */
export function picturesIn(file: string, fps: number, width: number, height: number): Grey[] {
  const asked = [
    "-v",
    "error",
    "-i",
    file,
    "-vf",
    `fps=${fps}`,
    "-f",
    "rawvideo",
    "-pix_fmt",
    "gray",
    "pipe:1",
  ];
  const { stdout, stderr } = spawnSync("ffmpeg", asked, { maxBuffer: 1 << 28 });
  const size = width * height;
  if (!stdout.length || stdout.length % size) throw new Error(`ffmpeg: ${String(stderr)}`);
  return Array.from({ length: stdout.length / size }, (_, index) => ({
    width,
    height,
    pixels: stdout.subarray(index * size, (index + 1) * size),
  }));
}

/** How far two pictures differ: the mean over their pixels, 0 to 255. */
export function difference(one: Grey, other: Grey): number {
  let sum = 0;
  for (const [at, pixel] of one.pixels.entries()) sum += Math.abs(pixel - (other.pixels[at] ?? 0));
  return sum / one.pixels.length;
}

/** White text on the darkened box of the test picture is brighter, the box itself is not. */
const BRIGHT = 170;

/**
 * The bright pixels of a line of text that a test camera draws in: 0 is its name, 1 its clock. See
 * camsvc/kinds/test_pattern.py for where they stand.
 */
function textOf({ width, height, pixels }: Grey, line: number, characters: number): string {
  const size = Math.max(12, Math.floor(height / 18));
  const top = size * (1 + 2 * line);
  const right = Math.min(width, size + Math.floor(characters * size * 0.602));
  let found = "";
  for (let y = top; y < top + size; y += 1)
    for (let x = size; x < right; x += 1) found += (pixels[y * width + x] ?? 0) > BRIGHT ? "#" : ".";
  return found;
}

/** Waits until a live picture comes by this way and its frames follow each other. */
export async function assertMoves(place: Locator, way: WayName, timeoutMs = 60_000): Promise<void> {
  const seen = new Set<number | string>();
  await eventually(async () => {
    const frame = await place.evaluate((here, wished) => {
      const screen = here.matches("[data-way]") ? here : here.querySelector("[data-way]");
      const video = screen?.querySelector("video");
      const image = screen?.querySelector("img");
      if (screen?.getAttribute("data-way") !== wished || !video || !image) return null;
      if (wished === "pictures") return image.hidden ? null : image.src;
      return video.hidden ? null : video.getVideoPlaybackQuality().totalVideoFrames;
    }, way);
    if (frame === null) seen.clear();
    else seen.add(frame);
    return seen.size > 3;
  }, timeoutMs);
}

/** Waits until the clock that a test camera draws into its picture has gone on twice; its first line stays its name. */
export async function assertClockRuns(picture: Locator, name: string): Promise<void> {
  const clocks = new Set<string>();
  await eventually(async () => {
    const now = await pictureOf(picture);
    const names = textOf(now, 0, name.length);
    if (!names.includes("#"))
      throw new Error(`no name is drawn in a picture of ${now.width} x ${now.height}`);
    clocks.add(textOf(now, 1, 23));
    return clocks.size > 2;
  });
}

/** Waits until a test camera's last picture stands in a place, with its age beside it. */
export async function assertShowsLast(place: Locator, name: string): Promise<void> {
  await place.getByText(/^picture from /).waitFor();
  const shown = place.locator("video:not([hidden]), img:not([hidden]), canvas:not([hidden])");
  await eventually(async () => textOf(await pictureOf(shown), 0, name.length).includes("#"));
}

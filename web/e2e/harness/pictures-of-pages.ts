// A picture of a whole page as somebody sees it: the window is as high as the page, so that nothing hangs in its midst.

import type { Page } from "playwright-core";

import { settled } from "./browser.ts";

/** Runs in the page: what moves is there, what is out of sight rests, thumbnails have come. */
function isThere(): boolean {
  const screens = [...document.querySelectorAll<HTMLElement>("[data-phase]")];
  const videos = [...document.querySelectorAll("video")];
  const images = [...document.querySelectorAll<HTMLImageElement>("main img[src]")];
  return (
    screens.every(({ dataset }) => ["moving", "paused", "resting"].includes(dataset.phase ?? "")) &&
    videos.every((video) => video.hidden || video.readyState >= 2) &&
    images.every((image) => image.hidden || image.naturalWidth > 0)
  );
}

/** Write a picture of all of it, with what is open over it. */
export async function saveWhole(page: Page, path: string): Promise<void> {
  const before = page.viewportSize() ?? { width: 1280, height: 800 };
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ ...before, height: Math.max(before.height, height) });
  // What never comes is seen in the picture.
  await page.waitForFunction(isThere, undefined, { timeout: 20_000 }).catch(() => undefined);
  await settled(page);
  await page.screenshot({ path });
  await page.setViewportSize(before);
}

// Whether what lies over a moving picture can be read whatever the picture shows: axe cannot tell.

import assert from "node:assert/strict";

import type { Page } from "playwright-core";

import { settled } from "./browser.ts";

interface Found {
  what: string;
  ratio: number;
  least: number;
}

/**
 * Runs in the page: the contrast (WCAG 2.2, 1.4.3 and 1.4.11) of each text and drawing over a picture, where that picture
 * is white or black, whichever is worse.
 */
function overPictures(): Found[] {
  const drawing = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  if (!drawing) throw new Error("no canvas");
  const mixed = (colours: readonly string[]) => {
    for (const colour of colours) {
      drawing.fillStyle = colour;
      drawing.fillRect(0, 0, 1, 1);
    }
    return drawing.getImageData(0, 0, 1, 1).data;
  };
  const luminance = (colours: readonly string[]) => {
    const [red = 0, green = 0, blue = 0] = [...mixed(colours)].slice(0, 3).map((byte) => {
      const value = byte / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (one: number, other: number) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);

  const pictures = [...document.querySelectorAll("[data-way]:has(:is(video, img, canvas):not([hidden]))")];
  const found: Found[] = [];
  for (const each of document.querySelectorAll("main *, dialog *")) {
    const isDrawing = each instanceof SVGSVGElement;
    const text = [...each.childNodes].some(({ nodeType, nodeValue }) => nodeType === 3 && nodeValue?.trim());
    const at = each.getBoundingClientRect();
    if ((!text && !isDrawing) || at.width < 2 || !each.checkVisibility({ opacityProperty: true })) continue;
    const [x, y] = [(at.left + at.right) / 2, (at.top + at.bottom) / 2];
    const picture = pictures.find((place) => {
      const { left, right, top, bottom } = place.getBoundingClientRect();
      return x > left && x < right && y > top && y < bottom;
    });
    if (!picture || each.closest("video, img, canvas")) continue;
    // What lies between it and the picture, the lowest first.
    const layers: string[] = [];
    for (
      let above: Element | null = each;
      above && above !== picture && !above.contains(picture);
      above = above.parentElement
    )
      layers.unshift(getComputedStyle(above).backgroundColor);
    const { color, fontSize, fontWeight } = getComputedStyle(each);
    const size = parseFloat(fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700);
    const worst = Math.min(
      ...["white", "black"].map((base) =>
        ratio(luminance([base, ...layers, color]), luminance([base, ...layers])),
      ),
    );
    found.push({
      what: `${each.textContent.trim()} ${each.outerHTML.slice(0, 80)}`,
      ratio: worst,
      least: isDrawing || isLarge ? 3 : 4.5,
    });
  }
  return found;
}

/** Fails where something over a picture cannot be read on white or on black, or nothing lies over one. */
export async function assertReadOverPictures(page: Page, what: string): Promise<void> {
  await settled(page);
  const found = await page.evaluate(overPictures);
  assert.ok(found.length > 0, `nothing lies over a picture: ${what}`);
  assert.deepEqual(
    found.filter(({ ratio, least }) => ratio < least),
    [],
    what,
  );
}

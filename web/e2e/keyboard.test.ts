// Everything by keyboard alone: log in, record, play, delete; the focus is seen wherever it goes.

import assert from "node:assert/strict";

import type { Page } from "playwright-core";

import { assertMoves } from "./harness/pictures.ts";
import { assertAccessible, scene } from "./harness/scenario.ts";
import { eventually } from "./harness/stand.ts";

const scenario = scene({ cameras: ["North gate"] });

interface Focus {
  name: string;
  seen: boolean;
}

/** Runs in the page: what has the focus, and whether that is drawn around it. */
function focus(): Focus {
  const here = document.activeElement;
  if (!here || here === document.body) return { name: "", seen: true };
  const { labels } = here as HTMLInputElement;
  const name = here.getAttribute("aria-label") ?? labels?.[0]?.textContent ?? here.textContent;
  // The browser shows by itself which part of a date is written.
  if (here.matches("input[type=date]")) return { name: "a date", seen: true };
  const drawn = (each: Element | null) => {
    if (!each) return false;
    const { outlineStyle, outlineWidth } = getComputedStyle(each);
    return outlineStyle !== "none" && parseFloat(outlineWidth) > 0;
  };
  return {
    name: name.trim(),
    seen: drawn(here) || drawn(here.nextElementSibling) || drawn(here.closest("label")),
  };
}

/** Go on by Tab until something of this name has the focus; each stop on the way shows it. */
async function tabTo(page: Page, name: RegExp, back = false): Promise<void> {
  const passed: string[] = [];
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press(back ? "Shift+Tab" : "Tab");
    const now = await page.evaluate(focus);
    assert.ok(now.seen, `the focus is not seen on ${now.name}`);
    if (name.test(now.name)) return;
    passed.push(now.name);
  }
  assert.fail(`${String(name)} is not reached: ${passed.join(", ")}`);
}

const focused = async (page: Page, name: RegExp) => {
  await eventually(async () => name.test((await page.evaluate(focus)).name));
};

scenario("log in, record, play and delete without a pointer", async ({ stand, open }) => {
  const { user, password } = await stand.user("admin", "ann");
  const { page } = await open();
  await focused(page, /^User$/);
  await page.keyboard.type(user);
  await tabTo(page, /^Password$/);
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await assertMoves(page.locator("[data-device=camera0]"), "webrtc");
  await tabTo(page, /^Open North gate$/);
  await page.keyboard.press("Enter");
  await focused(page, /^North gate$/);
  await tabTo(page, /^Record$/);
  await page.keyboard.press("Enter");
  await page.getByText(/0:(0[2-9]|[1-5]\d) · /).waitFor();
  await focused(page, /^Stop$/);
  await page.keyboard.press(" ");
  await page
    .getByRole("region", { name: "Recorded today" })
    .getByText(/^1 recording · /)
    .waitFor();
  await page.keyboard.press("?");
  const keys = page.getByRole("dialog");
  await keys.getByText("Begin or end a recording").waitFor();
  await assertAccessible(page, "the list of the keys");
  await page.keyboard.press("Escape");
  await keys.waitFor({ state: "detached" });
  await page.keyboard.press("2");
  await page.getByRole("link", { name: /^Play .*North gate/ }).waitFor();
  await tabTo(page, /^Play .*North gate/);
  await page.keyboard.press("Enter");
  await focused(page, /^North gate$/);
  const video = page.locator("video");
  await eventually(() => video.evaluate((shown: HTMLVideoElement) => shown.currentTime > 0.3));
  await page.keyboard.press("k");
  await eventually(() => video.evaluate((shown: HTMLVideoElement) => shown.paused));
  await page.keyboard.press("ArrowLeft");
  await eventually(() => video.evaluate((shown: HTMLVideoElement) => shown.currentTime === 0));
  await tabTo(page, /^Delete$/);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await tabTo(page, /^Delete$/);
  await page.keyboard.press("Enter");
  await page.getByText("Nothing is recorded yet").waitFor();
  assert.equal((await stand.call<{ total: number }>("list_recordings")).total, 0);
});

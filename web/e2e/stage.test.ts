// The large picture of a camera: zoomed and moved by wheel, dragging, two fingers and keys; full screen; a window of its
// own.

import assert from "node:assert/strict";

import type { Page } from "playwright-core";

import { assertMoves } from "./harness/pictures.ts";
import { assertAccessible, scene } from "./harness/scenario.ts";
import { eventually } from "./harness/stand.ts";

const NAME = "North gate";
const scenario = scene({ cameras: [NAME] });

const stage = (page: Page) => page.getByRole("group", { name: `Picture of ${NAME}` });

/** How much larger than its place the picture is drawn, and how far its middle is off that of the place. */
async function drawn(page: Page) {
  return stage(page).evaluate((place) => {
    const picture = place.querySelector("video:not([hidden])")?.getBoundingClientRect();
    const { left, top, width, height } = place.getBoundingClientRect();
    if (!picture) throw new Error("no picture");
    return {
      scale: picture.width / width,
      x: (picture.left + picture.right) / 2 - left - width / 2,
      y: (picture.top + picture.bottom) / 2 - top - height / 2,
    };
  });
}

const becomes = async (page: Page, what: string, is: (now: Awaited<ReturnType<typeof drawn>>) => boolean) => {
  await eventually(async () => is(await drawn(page))).catch(async (why: unknown) => {
    throw new Error(`${what}: ${JSON.stringify(await drawn(page))}`, { cause: why });
  });
  return drawn(page);
};

const middle = async (page: Page) => {
  const box = await stage(page).boundingBox();
  assert.ok(box);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2, width: box.width };
};

scenario(
  "the wheel zooms to where it points, dragging moves, a double click shows all",
  async ({ stand, open }) => {
    const viewport = { width: 1280, height: 560 };
    const { page } = await open({
      viewport,
      login: await stand.user("viewer", "ann"),
      at: "/camera/camera0",
    });
    await assertMoves(stage(page), "webrtc");
    const whole = await drawn(page);
    const { x, y, width } = await middle(page);
    await page.mouse.move(x + width / 4, y);
    await page.mouse.wheel(0, -300);
    const zoomed = await becomes(page, "wheel", ({ scale }) => scale > whole.scale * 2);
    assert.ok(zoomed.x < -width / 8, "what was pointed at has stayed");
    await page.mouse.down();
    await page.mouse.move(x + width / 4 + 80, y + 30, { steps: 4 });
    await page.mouse.up();
    const moved = await becomes(page, "dragged", (now) => now.x > zoomed.x + 60);
    assert.ok(moved.scale === zoomed.scale);
    await assertAccessible(page, "a picture that is zoomed");
    await page.mouse.dblclick(x, y);
    await becomes(page, "double click", ({ scale }) => Math.abs(scale - whole.scale) < 0.01);
    // With nothing to zoom out of the wheel scrolls the page.
    await page.mouse.wheel(0, 200);
    await page.waitForFunction(() => scrollY > 0);
  },
);

scenario("keys zoom, move and show all again", async ({ stand, open }) => {
  const { page } = await open({ login: await stand.user("viewer", "bob"), at: "/camera/camera0" });
  await assertMoves(stage(page), "webrtc");
  const whole = await drawn(page);
  for (let presses = 0; presses < 4; presses += 1) await page.keyboard.press("+");
  const zoomed = await becomes(page, "+", ({ scale }) => scale > whole.scale * 2);
  await stage(page).focus();
  await page.keyboard.press("ArrowRight");
  const right = await becomes(page, "to the right", ({ x }) => x < zoomed.x - 5);
  await page.keyboard.press("ArrowDown");
  await becomes(page, "down", ({ y }) => y < right.y - 5);
  await page.keyboard.press("-");
  await becomes(page, "-", ({ scale }) => scale < zoomed.scale);
  await page.keyboard.press("0");
  await becomes(page, "0", ({ scale }) => Math.abs(scale - whole.scale) < 0.01);
});

scenario("two fingers zoom on a phone", async ({ stand, open }) => {
  const viewport = { width: 360, height: 740 };
  const look = { viewport, hasTouch: true, isMobile: true };
  const { page, context } = await open({
    ...look,
    login: await stand.user("viewer", "carl"),
    at: "/camera/camera0",
  });
  await assertMoves(stage(page), "webrtc");
  const whole = await drawn(page);
  const { x, y } = await middle(page);
  const session = await context.newCDPSession(page);
  // What the browser would make of two fingers itself is left to the page.
  assert.equal(await stage(page).evaluate((here) => getComputedStyle(here).touchAction), "pan-x pan-y");
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", apart: number) =>
    session.send("Input.dispatchTouchEvent", {
      type,
      touchPoints:
        type === "touchEnd" ? [] : [-1, 1].map((side, id) => ({ x: x + (side * apart) / 2, y, id })),
    });
  await touch("touchStart", 40);
  for (let apart = 50; apart <= 120; apart += 10) await touch("touchMove", apart);
  await touch("touchEnd", 0);
  await becomes(page, "two fingers", ({ scale }) => scale > whole.scale * 1.5);
  assert.equal(await page.evaluate(() => visualViewport?.scale), 1, "the page itself is not zoomed");
});

scenario("full screen and a window of its own, by button and by key", async ({ stand, open }) => {
  const { page } = await open({ login: await stand.user("viewer", "dora"), at: "/camera/camera0" });
  await assertMoves(stage(page), "webrtc");
  const isFull = () =>
    page.evaluate(() => document.fullscreenElement?.getAttribute("data-device") === "camera0");
  await page.getByRole("button", { name: "Full screen", exact: true }).click();
  await eventually(isFull);
  await assertMoves(stage(page), "webrtc");
  await assertAccessible(page, "a picture in full screen");
  await page.keyboard.press("f");
  await eventually(async () => !(await isFull()));
  const isApart = () => page.evaluate(() => document.pictureInPictureElement?.tagName === "VIDEO");
  await page.getByRole("button", { name: "Picture in picture" }).click();
  await eventually(isApart);
  await page.keyboard.press("p");
  await eventually(async () => !(await isApart()));
  await page.getByLabel("Comes by").selectOption("pictures");
  await assertMoves(stage(page), "pictures");
  await page.keyboard.press("p");
  await page.getByText("A window of its own needs a moving picture").first().waitFor();
});

scenario("where no page gets the screen, the picture gets the window", async ({ stand, open }) => {
  const viewport = { width: 360, height: 740 };
  const { page } = await open({
    viewport,
    login: await stand.user("viewer", "erik"),
    at: "/camera/camera0",
    before: async (context) => {
      await context.addInitScript(() => {
        Object.defineProperty(Document.prototype, "fullscreenEnabled", { value: false });
      });
    },
  });
  await assertMoves(stage(page), "webrtc");
  await page.getByRole("button", { name: "Full screen", exact: true }).click();
  const box = () => stage(page).boundingBox();
  await eventually(async () => (await box())?.height === viewport.height);
  assert.deepEqual(await box(), { x: 0, y: 0, ...viewport });
  await assertMoves(stage(page), "webrtc");
  await assertAccessible(page, "a picture that has the window");
  await page.getByRole("button", { name: "Leave full screen" }).click();
  await eventually(async () => ((await box())?.height ?? 0) < 300);
});

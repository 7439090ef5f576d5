// The dashboard as somebody has arranged it: in order, hidden, in groups, moving or still; it stays in that browser.

import assert from "node:assert/strict";

import type { Page } from "playwright-core";

import { assertMoves } from "./harness/pictures.ts";
import { assertAccessible, assertFits, go, scene } from "./harness/scenario.ts";
import { eventually } from "./harness/stand.ts";

const NAMES = ["North gate", "Yard 2", "Stairs"] as const;
const scenario = scene({ cameras: NAMES, width: 320, height: 180, fps: 10 });

const names = (page: Page) => page.getByRole("article").getByRole("heading").allInnerTexts();
const become = (page: Page, wanted: readonly string[]) =>
  eventually(async () => String(await names(page)) === String(wanted));
const arrange = (page: Page) => page.getByRole("button", { name: "Arrange" }).click();

scenario(
  "cameras are put in order by buttons and by dragging, hidden and grouped",
  async ({ stand, open }) => {
    const login = await stand.user("viewer", "ann");
    const { page } = await open({ login });
    await become(page, NAMES);
    await arrange(page);
    const rows = page.getByRole("region", { name: "Arrange" }).getByRole("listitem");
    await page.getByRole("button", { name: "Stairs: earlier" }).click();
    await eventually(async () => (await rows.nth(1).innerText()).includes("Stairs"));
    await rows.nth(0).dragTo(rows.nth(2));
    await eventually(async () => (await rows.nth(2).innerText()).includes("North gate"));
    await page.getByLabel("Group of Yard 2").fill("Outside");
    await page.getByLabel("Group of Yard 2").press("Enter");
    await page.getByRole("button", { name: "Hide Stairs" }).click();
    await assertAccessible(page, "arranging");
    await assertFits(page, "arranging");
    await arrange(page);
    await become(page, ["North gate", "Yard 2"]);
    await page.getByRole("region", { name: "Outside" }).getByRole("article", { name: "Yard 2" }).waitFor();
    await page.reload();
    await become(page, ["North gate", "Yard 2"]);
    await page.getByRole("region", { name: "Outside" }).getByRole("article", { name: "Yard 2" }).waitFor();
    await page.getByText("1 hidden").waitFor();
    const elsewhere = await open({ login });
    await become(elsewhere.page, NAMES);
  },
);

scenario("a phone shows one live, the others as pictures, and who watches", async ({ stand, open }) => {
  const viewport = { width: 360, height: 740 };
  const look = { viewport, hasTouch: true, isMobile: true };
  const { page, expect } = await open({ ...look, login: await stand.user("viewer", "carl") });
  expect(/503 .*\/cameras\/.*preview\.jpg/); // of one that wakes, on a busy machine
  const tile = (name: string) => page.getByRole("article", { name });
  await assertMoves(tile(NAMES[0]), "webrtc");
  await assertMoves(tile(NAMES[1]), "pictures");
  assert.equal(await page.locator("[data-way=webrtc]").count(), 1);
  await tile(NAMES[0]).getByText("1 viewer").waitFor();
});

scenario("all move, or none does, as the setting says", async ({ stand, open }) => {
  const { page } = await open({ login: await stand.user("viewer", "bob") });
  const tile = (name: string) => page.getByRole("article", { name });
  await assertMoves(tile(NAMES[0]), "webrtc");
  await page.getByRole("button", { name: "Account: bob" }).click();
  await page.getByRole("menuitem", { name: "Preferences" }).click();
  await page.getByRole("dialog").getByRole("radio", { name: "Still pictures" }).check();
  await page.keyboard.press("Escape");
  await go(page, "/");
  for (const name of NAMES) await assertMoves(tile(name), "pictures");
  assert.equal(await page.locator("[data-way=webrtc]").count(), 0);
});

scenario("few cameras stand two beside each other where that fits, and no more", async ({ stand, open }) => {
  const { page } = await open({ login: await stand.user("viewer", "dora") });
  await become(page, NAMES);
  const tiles = page.getByRole("article");
  for (const [width, columns] of [
    [360, 1],
    [768, 2],
    [1440, 2],
    [2560, 2],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    const edges = () => tiles.evaluateAll((all) => all.map((tile) => tile.getBoundingClientRect().left));
    await eventually(async () => new Set(await edges()).size === columns);
    await assertFits(page, `the dashboard at ${String(width)} px`);
  }
});

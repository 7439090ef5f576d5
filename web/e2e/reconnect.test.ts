// What is seen while camsvc or its engine is away, and that everything comes back by itself; and a login that ends.

import assert from "node:assert/strict";

import type { Page } from "playwright-core";

import { assertMoves, assertShowsLast } from "./harness/pictures.ts";
import { assertAccessible, scene } from "./harness/scenario.ts";
import { eventually } from "./harness/stand.ts";

const NAMES = ["North gate", "Yard 2"] as const;
const scenario = scene({ cameras: NAMES });

const tile = (page: Page, name: string) => page.getByRole("article", { name });
const mark = (page: Page) => page.evaluate("window.loadedOnce = true");
const marked = (page: Page) => page.evaluate("window.loadedOnce === true");

scenario(
  "camsvc is killed: pictures go on, what is old says so, and all heals by itself",
  async ({ stand, open }) => {
    const { page, expect } = await open({ login: await stand.user("operator", "ann") });
    await page.getByRole("article", { name: "Yard 2" }).waitFor();
    await page.keyboard.press("2");
    await page.getByText("Nothing is recorded yet").waitFor();
    await page.keyboard.press("1");
    for (const name of NAMES) await assertMoves(tile(page, name), "webrtc");
    await mark(page);
    expect(
      /dynamically imported module|preload (CSS|assets)/,
      /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED/,
      /WebSocket/,
    );
    await stand.do("kill_camsvc");
    const lost = page.getByText("The connection to camsvc was lost");
    await lost.waitFor();
    await page.getByText(/^What you see is from /).waitFor();
    await assertAccessible(page, "a page without camsvc");
    for (const name of NAMES) await assertMoves(tile(page, name), "webrtc");
    await tile(page, "Yard 2").getByRole("button", { name: "Snapshot of Yard 2" }).press("Enter");
    await page.getByText("There is no connection to camsvc. This works again").waitFor();
    await page.keyboard.press("2");
    await page.getByRole("heading", { name: "Library" }).waitFor();
    await assertAccessible(page, "a library without camsvc");
    // Its code has not been asked for before.
    await page.keyboard.press("3");
    await page.getByText("A part of the page could not be loaded.").waitFor();
    await assertAccessible(page, "a page without its code");
    await stand.do("start_camsvc");
    await lost.waitFor({ state: "detached", timeout: 60_000 });
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "System", exact: true }).waitFor();
    await page.keyboard.press("1");
    for (const name of NAMES) await assertMoves(tile(page, name), "webrtc");
    await stand.call("start_recording", { device: "camera1" });
    await tile(page, "Yard 2")
      .getByText(/^REC \d/)
      .waitFor();
    assert.equal(await tile(page, "North gate").getByText(/^REC/).count(), 0);
    await tile(page, "Yard 2").getByRole("button", { name: "Stop the recording of Yard 2" }).click();
    await tile(page, "Yard 2").getByText(/^REC/).waitFor({ state: "detached" });
    assert.equal(await marked(page), true);
  },
);

scenario(
  "the engine is killed: the last picture stays, says its age, and moves again",
  async ({ stand, open }) => {
    const { page, expect } = await open({ login: await stand.user("viewer", "bob") });
    for (const name of NAMES) await assertMoves(tile(page, name), "webrtc");
    await mark(page);
    expect(/(404|50[0-9]) .*\/live\//, /50[0-9] .*preview\.jpg/);
    const old = NAMES.map((name) => assertShowsLast(tile(page, name), name));
    await stand.do("kill_engine");
    await Promise.all(old);
    for (const name of NAMES) {
      await assertMoves(tile(page, name), "webrtc", 90_000);
      await tile(page, name)
        .getByText(/^picture from /)
        .waitFor({ state: "detached" });
    }
    assert.equal(await marked(page), true);
  },
);

scenario("revoked in mid-view: no picture goes on, on the page or at the engine", async ({ stand, open }) => {
  const { page, expect } = await open({ login: await stand.user("viewer", "carl"), at: "/camera/camera0" });
  await assertMoves(page.locator("[data-device=camera0]"), "webrtc");
  const readers = async () => {
    const streams = await stand.call<{ name: string; readers: number }[]>("get_streams");
    return streams.find(({ name }) => name === "camera0")?.readers ?? 0;
  };
  assert.ok((await readers()) > 0);
  expect(/40[134] /);
  await stand.call("update_user", { username: "carl", disabled: true });
  await page.getByText(/an admin has ended it/).waitFor();
  assert.equal(await page.locator("video, img[alt]:not([alt=''])").count(), 0);
  assert.equal(await page.getByText("North gate").count(), 0);
  await eventually(async () => (await readers()) === 0);
});

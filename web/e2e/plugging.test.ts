// A USB camera that is plugged in and taken out while somebody looks.

import assert from "node:assert/strict";

import type { Page } from "playwright-core";

import { assertMoves } from "./harness/pictures.ts";
import { assertAccessible, scene } from "./harness/scenario.ts";

const BESIDE = "North gate";
const USB = "C270 HD WEBCAM";
const scenario = scene({ cameras: [BESIDE], ports: true });

const tile = (page: Page, name: string) => page.getByRole("article", { name });

scenario(
  "a camera that is plugged in appears and is live; taken out, it says since when; it comes back by itself",
  async ({ stand, open }) => {
    const { page, expect } = await open({ login: await stand.user("operator", "ann") });
    await assertMoves(tile(page, BESIDE), "webrtc");
    assert.equal(await page.getByRole("article").count(), 1);
    await page.evaluate("window.loadedOnce = true");
    await stand.do("plug");
    await assertMoves(tile(page, USB), "webrtc");
    await page.getByText("2 connected").waitFor();
    // What was live and is asked once more at the moment it goes is told so.
    expect(/(404|50[0-9]) .*\/live\//);
    await stand.do("unplug");
    await tile(page, USB)
      .getByText(/^Not plugged in since \d/)
      .waitFor();
    await page.getByText("1 connected").waitFor();
    await tile(page, USB)
      .getByText(/^picture from /)
      .waitFor();
    await assertAccessible(page, "a camera that is away");
    await tile(page, USB)
      .getByRole("button", { name: `Snapshot of ${USB}` })
      .press("Enter");
    await page.getByText(`${USB} gives no picture now.`).waitFor();
    await assertMoves(tile(page, BESIDE), "webrtc");
    // Who comes now is told the same.
    const later = await open({ login: await stand.user("viewer", "carl") });
    const words = tile(later.page, USB).getByText(/^Not plugged in since \d/);
    await words.waitFor();
    assert.equal(
      await words.innerText(),
      await tile(page, USB)
        .getByText(/^Not plugged in since \d/)
        .innerText(),
    );
    await later.page.close();
    await stand.do("plug");
    await assertMoves(tile(page, USB), "webrtc");
    await tile(page, USB)
      .getByText(/^Not plugged in/)
      .waitFor({ state: "detached" });
    await page.getByText("2 connected").waitFor();
    assert.equal(await page.evaluate("window.loadedOnce === true"), true);
  },
);

scenario("a recording shows that its camera was taken out, and goes on with it", async ({ stand, open }) => {
  const { page, expect } = await open({ login: await stand.user("operator", "bob") });
  expect(/(404|50[0-9]) .*\/live\//);
  await assertMoves(tile(page, USB), "webrtc");
  await tile(page, USB)
    .getByRole("button", { name: `Record ${USB}` })
    .click();
  await tile(page, USB)
    .getByText(/^REC 0:(0[2-9]|[1-5]\d)/)
    .waitFor();
  await stand.do("unplug");
  await tile(page, USB)
    .getByText(/^REC, waiting for the camera/)
    .waitFor();
  await stand.do("plug");
  await assertMoves(tile(page, USB), "webrtc");
  await tile(page, USB)
    .getByText(/^REC \d/)
    .waitFor();
  await tile(page, USB)
    .getByRole("button", { name: `Stop the recording of ${USB}` })
    .click();
  await tile(page, USB).getByText(/^REC/).waitFor({ state: "detached" });
});

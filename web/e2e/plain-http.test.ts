// Over plain http at a name of the LAN, which is no secure context: what browsers keep from such a page has another way.

import assert from "node:assert/strict";

import type { Page } from "playwright-core";

import { assertMoves } from "./harness/pictures.ts";
import { go, scene, type Stage } from "./harness/scenario.ts";

const NAME = "North gate";
const HOST = "camsvc-stand.local";
const scenario = scene({ cameras: [NAME], chromium: [`--host-resolver-rules=MAP ${HOST} 127.0.0.1`] });

const plain = ({ stand }: Stage) => stand.url.replace("127.0.0.1", HOST);

/** Paste what was copied into a field of the test's own. */
async function pasted(page: Page): Promise<string> {
  const field = await page.evaluateHandle(() => {
    const area = document.createElement("textarea");
    document.body.append(area);
    area.focus();
    return area;
  });
  await page.keyboard.press("Control+v");
  return field.evaluate((area) => {
    area.remove();
    return area.value;
  });
}

scenario("nothing of it is a secure context, and all is there", async (stage) => {
  const { stand, open } = stage;
  const { page } = await open({ from: plain(stage), login: await stand.user("admin", "ann") });
  assert.deepEqual(
    await page.evaluate(() => ({
      secure: isSecureContext,
      clipboard: "clipboard" in navigator,
      wakeLock: "wakeLock" in navigator,
      serviceWorker: "serviceWorker" in navigator,
      uuid: "randomUUID" in crypto,
      cookie: document.cookie,
    })),
    { secure: false, clipboard: false, wakeLock: false, serviceWorker: false, uuid: false, cookie: "" },
  );
  await assertMoves(page.getByRole("article", { name: NAME }), "webrtc");
  await page.keyboard.press("w");
  await assertMoves(page.getByRole("region", { name: NAME, exact: true }), "webrtc");
  await page.keyboard.press("Escape");
  await page.getByRole("article", { name: NAME }).waitFor();
  await page.getByRole("button", { name: "Account: ann" }).click();
  await page.getByRole("menuitem", { name: "Connection and memory" }).click();
  const rows = page.getByRole("dialog");
  await rows.getByText("no (plain http)").waitFor();
  await rows.getByText(`${HOST}:${new URL(stand.url).port}`).waitFor();
  await rows.getByRole("button", { name: "Measure a round trip" }).click();
  await rows.getByText(/^\d+ ms there and back$/).waitFor();
});

scenario("links and keys are copied the old way, from pages and from dialogs", async (stage) => {
  const { stand, open } = stage;
  const { page } = await open({
    from: plain(stage),
    login: await stand.user("admin", "bob"),
    at: "/camera/camera0",
  });
  const links = page.getByRole("region", { name: "Watch elsewhere" });
  await links.getByRole("button", { name: "Show" }).click();
  const address = await links.getByLabel("HLS", { exact: true }).innerText();
  assert.equal(new URL(address).hostname, HOST);
  await links.getByRole("button", { name: "Copy: HLS" }).click();
  await links.getByText("Copied").waitFor();
  assert.equal(await pasted(page), address);
  await go(page, "/administration/keys");
  await page.getByRole("button", { name: "Make a key" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("script");
  await dialog.getByRole("button", { name: "Make it" }).click();
  const key = (await dialog.getByLabel("Key", { exact: true }).innerText()).trim();
  await dialog.getByRole("button", { name: "Copy: Key" }).click();
  await dialog.getByText("Copied").waitFor();
  await dialog.getByRole("button", { name: "I have it" }).click();
  assert.equal(await pasted(page), key);
});

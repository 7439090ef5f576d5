// What a reader of the German page is told when camsvc refuses something: in German, with the figures and names; what the
// page has no words for is marked as the English that it is.

import assert from "node:assert/strict";

import type { BrowserContext, Locator, Page } from "playwright-core";

import { assertAccessible, go, scene } from "./harness/scenario.ts";
import { pattern, text } from "./harness/texts.ts";

const NAME = "Nordtor";
const scenario = scene({
  cameras: [NAME],
  tables: '[[camera]]\nname = "Scheune"\nkind = "network"\nurl = "rtsp://127.0.0.1:9/barn"\n',
});

const t = (key: string, fills = {}) => text("de", key, fills);

/** In camsvc's place: there is no room to record. How full the disk of a test is, nobody knows. */
async function noRoom(context: BrowserContext): Promise<void> {
  await context.routeWebSocket(/\/ws$/, (page) => {
    const server = page.connectToServer();
    page.onMessage((message) => {
      const { id, method } = JSON.parse(String(message)) as { id: number; method: string };
      const data = {
        reason: "no_space",
        free_bytes: 400e6,
        required_bytes: 2e9,
        suggestion: "delete recordings",
      };
      const error = { code: -32020, message: "no room to record: 0.4 GB free", data };
      if (method === "start_recording") page.send(JSON.stringify({ jsonrpc: "2.0", id, error }));
      else server.send(message);
    });
  });
}

/** Fails where English stands on the page, or in a part of it, that is not marked as such. */
async function assertGerman(place: Page | Locator, key: string): Promise<void> {
  const found = place.getByText(pattern("de", key)).first();
  await found.waitFor();
  assert.equal(await found.locator("xpath=ancestor-or-self::*[@lang='en']").count(), 0, key);
}

scenario("a login that is refused, and one that comes too often", async ({ open }) => {
  const { page, expect } = await open({ locale: "de-DE" });
  expect(/401 .*api\/login/, /429 .*api\/login/);
  const alert = page.getByRole("alert");
  for (let times = 0; times < 12; times += 1) {
    await page.getByLabel(t("login.user"), { exact: true }).fill("ann");
    await page.getByLabel(t("login.password"), { exact: true }).fill(`no such ${String(times)}`);
    const answered = page.waitForResponse(/api\/login/);
    await page.getByRole("button", { name: t("login.submit") }).click();
    if ((await answered).status() === 429) break;
    await assertGerman(alert, "reason.password");
    await assertGerman(alert, "reason.password.do");
  }
  await assertGerman(alert, "failure.rate");
  await assertGerman(alert, "reason.throttled");
  assert.equal(await alert.locator("[lang=en]").count(), 0);
  await assertAccessible(page, "a login that is refused, in German");
});

scenario("no room to record, and a camera that cannot be reached", async ({ stand, open }) => {
  const login = await stand.user("admin", "ann");
  const { page } = await open({ locale: "de-DE", login, before: noRoom });
  await page
    .getByRole("article", { name: NAME })
    .getByRole("button", { name: t("record.start.of", { name: NAME }) })
    .click();
  const notices = page.getByRole("region", { name: t("notices") });
  await assertGerman(notices, "reason.no_space");
  await notices.getByText(/^400.MB sind frei, und 2.GB müssen frei bleiben/).waitFor();
  await assertGerman(notices, "reason.no_space.do");
  const lost = page.getByRole("article", { name: "Scheune" });
  await lost.getByText("an 127.0.0.1 port 9 hört niemand").waitFor();
  assert.equal(await page.locator("[lang=en]").count(), 0);
  await assertAccessible(page, "refusals in German");
});

scenario(
  "a form: a name that is taken, and a rule that only camsvc has words for",
  async ({ stand, open }) => {
    const { page } = await open({ locale: "de-DE", login: await stand.user("admin", "bea") });
    await go(page, "/administration/users");
    await page.getByRole("button", { name: t("administration.users.add"), exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(t("administration.users.name")).fill("bea");
    await dialog.locator("[type=submit]").click();
    await assertGerman(dialog.getByRole("alert"), "reason.user_exists");
    await page.keyboard.press("Escape");
    await go(page, "/administration/streams");
    await page.getByRole("button", { name: t("administration.streams.add"), exact: true }).click();
    await dialog.getByLabel(t("administration.streams.name")).fill("Stall");
    await dialog.getByLabel(t("administration.streams.url"), { exact: true }).fill("rtsp://127.0.0.1/a b");
    await dialog.locator("[type=submit]").click();
    const alert = dialog.getByRole("alert");
    await assertGerman(alert, "reason.rule.other");
    assert.match((await alert.locator("[lang=en]").textContent()) ?? "", /rtsp:/);
    await assertAccessible(page, "a form that is refused, in German");
  },
);

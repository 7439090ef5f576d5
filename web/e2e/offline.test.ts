// While camsvc is away: what was known last can be read on every page, says that it is old, and actions say why not.

import assert from "node:assert/strict";

import type { Page } from "playwright-core";

import { assertMoves, assertShowsLast } from "./harness/pictures.ts";
import { assertAccessible, go, scene } from "./harness/scenario.ts";
import { eventually, type Stand } from "./harness/stand.ts";

async function prepare(stand: Stand): Promise<void> {
  await stand.call("start_recording", { device: "camera0", duration: 1 });
  await stand.call("create_api_key", { name: "Kitchen display", role: "viewer" });
  await eventually(async () => {
    const { files } = await stand.call<{ files: { status: string }[] }>("list_recordings");
    return files.some(({ status }) => status === "FINISHED");
  }, 60_000);
}

const scenario = scene({ prepare });

const lost = (page: Page) => page.getByText("The connection to camsvc was lost");
const why = (page: Page) => page.getByText("There is no connection to camsvc. This works again").first();

/** What stands on a page once it is known, and what can be done there. */
const PAGES = [
  {
    at: "/",
    known: (page: Page) => page.getByRole("article", { name: "Yard 2" }),
    act: "Snapshot of Yard 2",
  },
  {
    at: "/library",
    known: (page: Page) => page.getByRole("link", { name: /^Play .*North gate/ }),
    act: null,
  },
  {
    at: "/system",
    known: (page: Page) => page.getByRole("listitem").filter({ hasText: "Free" }),
    act: "Check",
  },
  {
    at: "/administration/users",
    known: (page: Page) => page.getByRole("row", { name: /^ann/ }),
    act: "Add a user",
  },
  {
    at: "/administration/keys",
    known: (page: Page) => page.getByRole("row", { name: /^Kitchen display/ }),
    act: "Make a key",
  },
  {
    at: "/administration/audit",
    known: (page: Page) => page.getByRole("row", { name: /start_recording/ }).first(),
    act: "Look again",
  },
  {
    at: "/administration/retention",
    known: (page: Page) => page.getByRole("switch", { name: "Old files go by themselves" }),
    act: "Save",
  },
  { at: "/camera/camera0", known: (page: Page) => page.getByText(/^1 recording · /), act: "Record" },
] as const;

scenario("what was known last is on every page, old; what can be done there says why not", async (stage) => {
  const { stand, open } = stage;
  const { page, expect } = await open({ login: await stand.user("admin", "ann") });
  for (const { at, known } of PAGES) {
    await go(page, at);
    await known(page).waitFor();
    if (at === "/") await assertMoves(page.getByRole("article", { name: "Yard 2" }), "webrtc");
  }
  await assertMoves(page.locator("[data-device=camera0]"), "webrtc");
  expect(
    /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED/,
    /WebSocket/,
  );
  await stand.do("kill_camsvc");
  await lost(page).waitFor();
  for (const { at, known, act } of PAGES) {
    await go(page, at);
    await known(page).waitFor();
    await page.getByText(/^What you see is from /).waitFor();
    assert.equal(await page.locator("main").getByRole("alert").count(), 0, at);
    if (at === "/") await assertShowsLast(page.getByRole("article", { name: "Yard 2" }), "Yard 2");
    if (at === "/camera/camera0") await assertShowsLast(page.locator("[data-device=camera0]"), "North gate");
    if (act === null) continue;
    await page.getByRole("button", { name: act, exact: true }).press("Enter");
    await why(page).waitFor();
    await page.getByRole("button", { name: "Dismiss" }).first().click();
    await why(page).waitFor({ state: "detached" });
  }
  // What was never asked for says that it cannot be, and waits for nothing.
  await go(page, "/administration/streams");
  await page.getByRole("alert").getByText("There is no connection to camsvc").waitFor();
  await assertAccessible(page, "a page of which nothing is known");
  await go(page, "/library");
  await page.getByRole("radio", { name: "Snapshots" }).check();
  await page.getByRole("alert").getByText("There is no connection to camsvc").first().waitFor();
  await assertAccessible(page, "a library of which nothing is known");
  await page.getByRole("radio", { name: "Recordings" }).check();
  const row = page.getByRole("listitem").filter({ has: page.getByRole("link", { name: /^Play / }) });
  await row.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Delete" }).press("Enter");
  await why(page).waitFor();
  await assertAccessible(page, "a selection without camsvc");
  await stand.do("start_camsvc");
  await lost(page).waitFor({ state: "detached", timeout: 60_000 });
  await go(page, "/administration/streams");
  await page.getByText("None was added").waitFor();
});

scenario("a tile of single pictures keeps the last one while camsvc is away, and heals", async (stage) => {
  const { stand, open } = stage;
  const { page, expect } = await open({
    login: await stand.user("viewer", "bob"),
    before: async (context) => {
      await context.addInitScript(() => {
        localStorage.setItem("camsvc.settings", JSON.stringify({ liveTiles: "none" }));
      });
    },
  });
  const tile = page.getByRole("article", { name: "North gate" });
  await assertMoves(tile, "pictures");
  expect(
    /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED/,
    /WebSocket/,
  );
  await stand.do("kill_camsvc");
  await lost(page).waitFor();
  await assertShowsLast(tile, "North gate");
  await assertAccessible(page, "tiles without camsvc");
  await stand.do("start_camsvc");
  await assertMoves(tile, "pictures");
  await tile.getByText(/^picture from /).waitFor({ state: "detached" });
});

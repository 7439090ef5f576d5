// The page Administration: users, keys, retention, streams, the audit log, language; what each role sees of it.

import assert from "node:assert/strict";

import type { Page } from "playwright-core";

import { assertAccessible, assertFits, go, scene } from "./harness/scenario.ts";
import { eventually, RpcError } from "./harness/stand.ts";

const PARTS = ["users", "keys", "retention", "streams", "audit", "preferences"];

const scenario = scene();

const dialog = (page: Page) => page.getByRole("dialog");

scenario("a user is added, made operator, locked out and deleted", async ({ stand, open }) => {
  const { page } = await open({ login: await stand.user("admin", "ann") });
  await go(page, "/administration/users");
  await page.getByRole("button", { name: "Add a user" }).click();
  await dialog(page).getByLabel("Name").fill("bob");
  const password = await dialog(page).getByLabel("Password", { exact: true }).inputValue();
  assert.match(password, /^([a-z2-9]{4}-){3}[a-z2-9]{4}$/);
  await assertAccessible(page, "the dialog of a new user");
  await dialog(page).getByRole("button", { name: "Add", exact: true }).click();
  const row = page.getByRole("row", { name: /^bob/ });
  await row.getByText("has a first password").waitFor();
  const menu = async (item: string) => {
    await page.getByRole("button", { name: "Actions for bob" }).click();
    await page
      .getByRole("menuitem", { name: item })
      .or(page.getByRole("menuitemradio", { name: item }))
      .click();
  };
  await menu("Make operator");
  await row.getByText("operator").waitFor();
  await menu("Lock out");
  await row.getByText("locked out").waitFor();
  await menu("Delete");
  await assertAccessible(page, "the question before a user is deleted");
  await dialog(page).getByRole("button", { name: "Delete" }).click();
  await row.waitFor({ state: "detached" });
  const { users } = await stand.call<{ users: { username: string }[] }>("list_users");
  assert.ok(!users.some(({ username }) => username === "bob"));
});

scenario("a refusal is told in the dialog, which stays", async ({ stand, open }) => {
  const { page } = await open({ login: await stand.user("admin", "carl") });
  await go(page, "/administration/users");
  await page.getByRole("button", { name: "Add a user" }).click();
  await dialog(page).getByLabel("Name").fill("carl");
  await dialog(page).getByRole("button", { name: "Add", exact: true }).click();
  await dialog(page).getByRole("alert").waitFor();
  await assertAccessible(page, "a dialog with a refusal");
});

scenario(
  "keys that a user made are asked about when the user may make none any more",
  async ({ stand, open }) => {
    const dora = await stand.user("admin", "dora");
    const other = await open({ login: dora });
    await go(other.page, "/administration/keys");
    await other.page.getByRole("button", { name: "Make a key" }).click();
    await dialog(other.page).getByLabel("Name").fill("script");
    await dialog(other.page).getByRole("button", { name: "Make it" }).click();
    await dialog(other.page).getByRole("button", { name: "I have it" }).click();
    other.expect(/40[13] /);
    const { page } = await open({ login: await stand.user("admin", "erik") });
    await go(page, "/administration/users");
    await page.getByRole("button", { name: "Actions for dora" }).click();
    await page.getByRole("menuitem", { name: "Lock out" }).click();
    await dialog(page).getByText("script").waitFor();
    await dialog(page).getByRole("button", { name: "End them" }).click();
    await page.getByText("The key has ended.").waitFor();
    await eventually(async () => (await stand.call<{ total: number }>("list_api_keys")).total === 0);
  },
);

scenario("a key is shown once, works for its camera alone, and is ended", async ({ stand, open }) => {
  const { page } = await open({ login: await stand.user("admin", "fred") });
  await go(page, "/administration/keys");
  await page.getByRole("button", { name: "Make a key" }).click();
  await dialog(page).getByLabel("Name").fill("kitchen <b>");
  await dialog(page).getByRole("switch", { name: "Some cameras alone" }).check();
  await dialog(page).getByRole("button", { name: "Make it" }).click();
  await dialog(page).getByText("Choose a camera at least.").waitFor();
  await dialog(page).getByRole("checkbox", { name: "North gate" }).check();
  await dialog(page).getByLabel("Ends").selectOption({ label: "after 30 days" });
  await assertAccessible(page, "the dialog of a new key");
  await dialog(page).getByRole("button", { name: "Make it" }).click();
  const key = (await dialog(page).getByLabel("Key", { exact: true }).innerText()).trim();
  await assertAccessible(page, "a new key");
  const picture = (device: string) =>
    fetch(`${stand.url}/cameras/${device}/preview.jpg`, { headers: { "X-API-Key": key } });
  await eventually(async () => (await picture("camera0")).status === 200, 30_000);
  assert.equal((await picture("camera1")).status, 404);
  await dialog(page).getByRole("button", { name: "I have it" }).click();
  assert.equal(await page.getByText(key).count(), 0);
  await page.getByRole("row", { name: /kitchen <b>.*North gate/ }).waitFor();
  await page.getByRole("button", { name: "End the key kitchen <b>" }).click();
  await dialog(page).getByRole("button", { name: "End it" }).click();
  await page.getByText("The key kitchen <b> has ended.").waitFor();
  assert.equal((await picture("camera0")).status, 401);
});

scenario(
  "retention shows what it would delete before it does, and leaves it alone when told so",
  async ({ stand, open }) => {
    await stand.call("take_snapshot", { device: "camera0", filename: "old" });
    await stand.call("take_snapshot", { device: "camera0", filename: "new" });
    const names = async () =>
      (await stand.call<{ files: { filename: string }[] }>("list_snapshots")).files.map(
        ({ filename }) => filename,
      );
    const before = await names();
    assert.ok(before.length >= 2);
    const { page } = await open({ login: await stand.user("admin", "gina") });
    await go(page, "/administration/retention");
    await page.getByRole("switch", { name: "Old files go by themselves" }).check();
    await page.getByRole("radio", { name: "Size" }).check();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("A number greater than 0").waitFor();
    await page.getByRole("radio", { name: "Both", exact: true }).check();
    await page.getByLabel("Stays free (GB)").fill("1000000");
    await assertAccessible(page, "retention");
    await page.getByRole("button", { name: "Save" }).click();
    await dialog(page).getByRole("cell", { name: "old" }).waitFor();
    await assertAccessible(page, "what retention would delete");
    await dialog(page).getByRole("button", { name: "Cancel" }).click();
    await eventually(async () => !(await stand.call<{ enabled: boolean }>("get_retention_policy")).enabled);
    assert.deepEqual(await names(), before);
    await page.getByRole("button", { name: "Save" }).click();
    await dialog(page)
      .getByRole("button", { name: /^Delete \d+ files$/ })
      .click();
    await page.getByText("The retention is saved.").waitFor();
    await eventually(async () => (await names()).length === 0);
    await stand.call("set_retention_policy", { policy_type: "manual", enabled: false, min_free_gb: 0 });
  },
);

scenario("a stream is added with its login, is a camera, and is removed", async ({ stand, open }) => {
  const { page } = await open({ login: await stand.user("operator", "hugo") });
  await go(page, "/administration/streams");
  await page.getByRole("button", { name: "Add a stream" }).click();
  await dialog(page).getByLabel("Address").fill("rtsp://127.0.0.1:9/stream1");
  await dialog(page).getByLabel("Name").fill("Barn");
  await dialog(page).getByLabel("User").fill("cam");
  await dialog(page).getByLabel("Password").fill("p@ss/word");
  await assertAccessible(page, "the dialog of a new stream");
  await dialog(page).getByRole("button", { name: "Add it" }).click();
  const row = page.getByRole("row", { name: /^Barn/ });
  await row.waitFor();
  assert.equal(await page.getByText("p@ss").or(page.getByText("p%40ss")).count(), 0);
  const { cameras } = await stand.call<{ cameras: { name: string }[] }>("get_camera_list");
  assert.ok(cameras.some(({ name }) => name === "Barn"));
  await page.getByRole("button", { name: "Remove Barn" }).click();
  await dialog(page).getByRole("button", { name: "Remove" }).click();
  await row.waitFor({ state: "detached" });
});

scenario("looking for cameras that is switched off says how it is switched on", async ({ stand, open }) => {
  const { page } = await open({ login: await stand.user("operator", "ida") });
  await go(page, "/administration/streams");
  await page.getByRole("button", { name: "Look now" }).click();
  await page.getByText("Looking for cameras is switched off.").waitFor();
  await assertAccessible(page, "discovery that is off");
});

scenario("the audit log tells who did what, by filter", async ({ stand, open }) => {
  await assert.rejects(stand.call("delete_snapshot", { filename: "absent" }), RpcError);
  const { page } = await open({ login: await stand.user("admin", "jan") });
  await go(page, "/administration/audit");
  await page.getByLabel("What", { exact: true }).selectOption("delete_snapshot");
  const row = page.getByRole("row", { name: /test.*delete_snapshot.*-32010/ }).first();
  await row.waitFor();
  await row.getByText("Show").click();
  await row.getByText("absent").waitFor();
  await assertAccessible(page, "the audit log");
  await page.getByLabel("By whom").fill("nobody at all");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByText("Nothing like that was done").waitFor();
});

scenario("the theme is another at once, and stays over a reload", async ({ stand, open }) => {
  const { page } = await open({ login: await stand.user("admin", "otto"), colorScheme: "light" });
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await go(page, "/administration/preferences");
  const light = await paper();
  await page.getByRole("radio", { name: "Dark" }).check();
  await eventually(async () => (await paper()) !== light);
  const dark = await paper();
  await page.reload();
  await page.getByRole("radio", { name: "Dark" }).and(page.locator(":checked")).waitFor();
  assert.equal(await paper(), dark);
  await page.getByRole("radio", { name: "As the system" }).check();
  await eventually(async () => (await paper()) === light);
});

scenario("the language is another at once, and stays over a reload", async ({ stand, open }) => {
  const { page } = await open({ login: await stand.user("admin", "kim") });
  await go(page, "/administration/preferences");
  await page.getByLabel("Language").selectOption("de");
  await page.getByRole("heading", { name: "Verwaltung" }).waitFor();
  await assertAccessible(page, "the preferences in German");
  await page.reload();
  await page.getByRole("heading", { name: "Verwaltung" }).waitFor();
});

scenario(
  "every part in both languages, light and dark, on a phone: axe finds nothing",
  async ({ stand, open }) => {
    const login = await stand.user("admin", "lea");
    for (const [locale, colorScheme] of [
      ["en-GB", "dark"],
      ["de-DE", "light"],
    ] as const) {
      const { page } = await open({ login, locale, colorScheme, viewport: { width: 360, height: 740 } });
      for (const part of PARTS) {
        await go(page, `/administration/${part}`);
        await assertAccessible(page, `${part}, ${locale}, ${colorScheme}`);
        await assertFits(page, part);
      }
    }
  },
);

scenario("an operator sees streams and preferences, a viewer no administration", async ({ stand, open }) => {
  const operator = await open({ login: await stand.user("operator", "max") });
  await go(operator.page, "/administration");
  const parts = operator.page
    .getByRole("navigation", { name: "Parts of the administration" })
    .getByRole("link");
  assert.deepEqual(await parts.allInnerTexts(), ["Network cameras", "Appearance"]);
  await go(operator.page, "/administration/users");
  await operator.page.getByText("not for your role").waitFor();
  const viewer = await open({ login: await stand.user("viewer", "nina") });
  assert.equal(await viewer.page.getByRole("link", { name: "Admin" }).count(), 0);
});

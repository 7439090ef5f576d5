// The page System: what each role sees of it, and that what it says is so.

import assert from "node:assert/strict";

import { assertAccessible, assertFits, go, scene } from "./harness/scenario.ts";
import { eventually } from "./harness/stand.ts";

const scenario = scene();

scenario("an admin sees health, storage, load, clients and versions", async ({ stand, open }) => {
  const login = await stand.user("admin", "ann");
  const { page } = await open({ login });
  await go(page, "/system");
  const health = page.getByRole("region", { name: "Health" });
  await health.getByText("Everything works.").waitFor();
  const storage = page.getByRole("region", { name: "Storage" });
  await storage.getByRole("listitem").filter({ hasText: "Free" }).waitFor();
  const info = await stand.call<{ total_space: number }>("get_storage_info");
  assert.ok(info.total_space > 0);
  await page
    .getByRole("figure", { name: /Processor/ })
    .getByText("%")
    .first()
    .waitFor();
  const clients = page.getByRole("table", { name: "Connected now" });
  await clients.getByRole("row", { name: /ann admin 127\.0\.0\.1 Chrome/ }).waitFor();
  await page
    .getByText("relay")
    .or(page.getByText(/^v?1\./))
    .first()
    .waitFor();
  await assertAccessible(page, "System");
});

scenario("the line of the load goes on by itself", async ({ stand, open }) => {
  const { page } = await open({ login: await stand.user("admin", "bob") });
  await go(page, "/system");
  const line = page
    .getByRole("figure", { name: /Processor/ })
    .locator("path")
    .nth(1);
  await eventually(async () => ((await line.getAttribute("d")) ?? "").includes("L"), 30_000);
});

scenario("an engine that is down is told, with what to do, and that it is back", async ({ stand, open }) => {
  const { page } = await open({ login: await stand.user("admin", "carl") });
  await go(page, "/system");
  const health = page.getByRole("region", { name: "Health" });
  await health.getByText("Everything works.").waitFor();
  await stand.do("kill_engine");
  await health.getByText(/media engine (does not work|is starting)|needs a look/).waitFor();
  await assertAccessible(page, "System with a fault");
  await health.getByText("Everything works.").waitFor({ timeout: 60_000 });
});

scenario(
  "a viewer sees versions and what the page has measured, and nothing that fails",
  async ({ stand, open }) => {
    const { page } = await open({ login: await stand.user("viewer", "dora") });
    await go(page, "/system");
    await page.getByRole("region", { name: "Versions" }).getByText("Media engine").waitFor();
    await page.getByRole("region", { name: "Measured by this page" }).waitFor();
    assert.equal(await page.getByRole("region", { name: "Storage" }).count(), 0);
    assert.equal(await page.getByRole("alert").count(), 0);
    await assertAccessible(page, "System of a viewer");
  },
);

scenario("on a phone nothing is wider than the screen", async ({ stand, open }) => {
  const viewport = { width: 320, height: 640 };
  const { page } = await open({ login: await stand.user("admin", "emil"), viewport, colorScheme: "dark" });
  await go(page, "/system");
  await page.getByRole("table", { name: "Connected now" }).waitFor();
  await assertFits(page, "System at 320 px");
  await assertAccessible(page, "System on a phone in the dark");
});

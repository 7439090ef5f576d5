// Who may come in, how, and what is said to who may not (any more).

import assert from "node:assert/strict";

import { assertAccessible, scene } from "./harness/scenario.ts";

const scenario = scene();

scenario("a wrong password is told in words, and no camera is seen", async ({ stand, open }) => {
  const login = await stand.user("viewer", "ann");
  const { page, expect } = await open();
  expect(/401 .*api\/login/);
  await page.getByLabel("User").fill(login.user);
  await page.getByLabel("Password").fill("not that one");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("alert").filter({ hasText: "did not work" }).waitFor();
  assert.equal(await page.getByText("North gate").count(), 0);
  await assertAccessible(page, "a refused login");
});

scenario("a first password is changed on the spot", async ({ stand, open }) => {
  await stand.call("create_user", {
    username: "bob",
    password: "one for the first time",
    role: "viewer",
    must_change_password: true,
  });
  const { page } = await open();
  await page.getByLabel("User").fill("bob");
  await page.getByLabel("Password").fill("one for the first time");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Choose a password" }).waitFor();
  await assertAccessible(page, "the change of a first password");
  await page.getByLabel("New password").fill("one of my own choice");
  await page.getByLabel("The same again").fill("another one than that");
  await page.getByRole("button", { name: /Change/ }).click();
  await page.getByText("not the same").waitFor();
  await page.getByLabel("The same again").fill("one of my own choice");
  await page.getByRole("button", { name: /Change/ }).click();
  await page.getByText("North gate").first().waitFor();
});

scenario("an API key lets in, and logging out ends it, also after a reload", async ({ stand, open }) => {
  const { key } = await stand.call<{ key: string }>("create_api_key", { name: "kitchen", role: "viewer" });
  const { page } = await open();
  await page.getByRole("button", { name: "Use an API key" }).click();
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("North gate").first().waitFor();
  const kept = await page.evaluate(async () => ({
    cookie: document.cookie,
    databases: await indexedDB.databases(),
    storage: JSON.stringify([localStorage, sessionStorage]),
  }));
  assert.deepEqual([kept.cookie, kept.databases], ["", []]);
  assert.ok(!kept.storage.includes(key) && !kept.storage.includes("eyJ"), kept.storage);
  const [cookie] = await page.context().cookies();
  assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, "Strict"]);
  await page.getByRole("button", { name: /kitchen|Account/ }).click();
  await page.getByRole("menuitem", { name: "Log out" }).click();
  await page.getByText("You are logged out").waitFor();
  await page.reload();
  await page.getByLabel("User").waitFor();
});

scenario(
  "revoked in mid-view: the login, with the reason, and nothing left running",
  async ({ stand, open }) => {
    const login = await stand.user("viewer", "eve");
    const { page, expect } = await open({ login });
    await page.getByText("North gate").first().waitFor();
    expect(/40[134] /, /closed|failed/i);
    await stand.call("update_user", { username: "eve", disabled: true });
    await page.getByText(/an admin has ended it/).waitFor();
    assert.equal(await page.getByText("North gate").count(), 0);
    await assertAccessible(page, "the login after a revoked one");
  },
);

scenario("a login lasts over a reload", async ({ stand, open }) => {
  const { page } = await open({ login: await stand.user("operator") });
  await page.reload();
  await page.getByText("North gate").first().waitFor();
});

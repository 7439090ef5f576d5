// What is refused, late or broken: shown at once, taken back with its reason, and never more than its own place is lost.

import assert from "node:assert/strict";

import type { BrowserContext } from "playwright-core";

import { assertAccessible, go, scene } from "./harness/scenario.ts";

const NAME = "North gate";
const scenario = scene({ cameras: [NAME] });

interface Message {
  id?: number;
  method?: string;
  result?: unknown;
  error?: unknown;
}

/** What is answered in camsvc's place, by method; what it returns is awaited. */
type Answers = Record<string, () => Promise<Partial<Message>> | Partial<Message>>;

/** Between the page and camsvc: passes all on but what it answers itself. */
async function between(context: BrowserContext, answers: Answers): Promise<void> {
  await context.routeWebSocket(/\/ws$/, (page) => {
    const server = page.connectToServer();
    page.onMessage(async (text) => {
      const { id, method = "" } = JSON.parse(String(text)) as Message;
      const answer = answers[method];
      if (answer) page.send(JSON.stringify({ jsonrpc: "2.0", id, ...(await answer()) }));
      else server.send(text);
    });
  });
}

scenario(
  "what is pressed shows at once, and is taken back with reason and advice",
  async ({ stand, open }) => {
    const answers: Answers = {};
    let refuse: (answer: Partial<Message>) => void = () => undefined;
    const asked = new Promise<void>((reached) => {
      answers.start_recording = () => {
        reached();
        return new Promise((done) => (refuse = done));
      };
    });
    const { page } = await open({
      login: await stand.user("operator", "ann"),
      before: (context) => between(context, answers),
    });
    const tile = page.getByRole("article", { name: NAME });
    await tile.getByRole("button", { name: `Record ${NAME}` }).click();
    await asked;
    // camsvc has not answered yet.
    await tile.getByRole("button", { name: `Stop the recording of ${NAME}` }).waitFor();
    await tile.getByText(/^REC/).waitFor();
    refuse({
      error: {
        code: -32020,
        message: "the disk is as good as full",
        data: { reason: "no_space", suggestion: "delete what is not needed" },
      },
    });
    await tile.getByRole("button", { name: `Record ${NAME}` }).waitFor();
    await tile.getByText(/^REC/).waitFor({ state: "detached" });
    const message = page.getByRole("region", { name: "Messages" }).getByRole("listitem");
    await message.getByText("There is no room on the disk.").waitFor();
    await message.getByText("The disk is as good as full.").waitFor();
    await message.getByText("Delete what is not needed.").waitFor();
    await assertAccessible(page, "a refusal");
    assert.equal(await message.getByText("-32020").count(), 0, "no bare code");
  },
);

scenario("a failure inside camsvc has a number to quote", async ({ stand, open }) => {
  const { page } = await open({
    login: await stand.user("operator", "bob"),
    before: (context) =>
      between(context, {
        take_snapshot: () => ({
          error: {
            code: -32603,
            message: "Internal error",
            data: { reason: "internal_error", request_id: "7f3a9c" },
          },
        }),
      }),
  });
  await page.getByRole("button", { name: `Snapshot of ${NAME}` }).click();
  const message = page.getByRole("region", { name: "Messages" }).getByRole("listitem");
  await message.getByText("Something went wrong inside camsvc.").waitFor();
  await message.getByText("quote 7f3a9c").waitFor();
});

scenario("a page that breaks leaves the others, and comes back", async ({ stand, open }) => {
  const broken: Answers = { list_users: () => ({ result: { users: null } }) };
  const { page, expect } = await open({
    login: await stand.user("admin", "carl"),
    before: (context) => between(context, broken),
  });
  expect(/TypeError|reading 'map'|is not iterable|null/);
  await page.getByRole("link", { name: "Admin" }).click();
  const alert = page.locator("main").getByRole("alert");
  await alert.getByText("This part of the page has broken.").waitFor();
  await assertAccessible(page, "a page that has broken");
  await page.getByRole("link", { name: "Cameras" }).first().click();
  await page.getByRole("article", { name: NAME }).waitFor();
  await go(page, "/administration/keys");
  assert.equal(await alert.count(), 0);
  delete broken.list_users;
  await go(page, "/administration/users");
  await page.getByRole("row", { name: /^carl/ }).waitFor();
});

// Recordings that go to the second folder: asked for, under way, waiting while it is away, and played from there.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { assertAccessible, go, scene } from "./harness/scenario.ts";
import { eventually, type Stand } from "./harness/stand.ts";

interface File {
  filename: string;
  status: string;
  archived: boolean;
}

const recordings = async (stand: Stand) => (await stand.call<{ files: File[] }>("list_recordings")).files;

async function prepare(stand: Stand): Promise<void> {
  for (const device of ["camera0", "camera1"]) await stand.call("start_recording", { device, duration: 2 });
  await eventually(async () => {
    const files = await recordings(stand);
    return files.length === 2 && files.every(({ status }) => status === "FINISHED");
  }, 60_000);
}

const scenario = scene({ prepare, second: true });

scenario("one is moved, says so, and plays and is downloaded from there", async ({ stand, open }) => {
  const [file] = await recordings(stand);
  assert.ok(file);
  const first = join(stand.state, "recordings", file.filename);
  const kept = readFileSync(first);
  const { page } = await open({ login: await stand.user("admin", "ann"), at: "/library" });
  const row = page.locator(`[data-filename="${file.filename}"]`);
  await row.getByRole("link", { name: /^Play / }).click();
  await page.getByRole("button", { name: "Move to the second folder" }).click();
  await page.getByText("In the second folder", { exact: true }).waitFor();
  await eventually(() => Promise.resolve(!existsSync(first)), 60_000);
  assert.ok(readFileSync(join(stand.state, "second", file.filename)).equals(kept));
  await page.reload();
  await eventually(() =>
    page.locator("video").evaluate((shown: HTMLVideoElement) => shown.videoWidth === 640),
  );
  const downloading = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download" }).click();
  assert.ok(readFileSync(await (await downloading).path()).equals(kept));
});

scenario(
  "while the second folder is another disk it waits, says why, and goes on by itself",
  async (stage) => {
    const { stand, open } = stage;
    const file = (await recordings(stand)).find(({ archived }) => !archived);
    assert.ok(file);
    const marker = join(stand.state, "second/.camsvc-volume");
    const own = readFileSync(marker);
    writeFileSync(marker, "another disk");
    const { page } = await open({ login: await stand.user("admin", "bob"), at: "/library" });
    await page.locator(`[data-filename="${file.filename}"]`).getByRole("checkbox").check();
    await page.getByRole("toolbar").getByRole("button", { name: "Move" }).click();
    const moves = page.getByRole("region", { name: "On the way to the second folder" });
    await moves.getByText(file.filename).waitFor();
    await moves.getByText(/another volume/).waitFor({ timeout: 90_000 });
    await assertAccessible(page, "a move that waits");
    await go(page, "/");
    writeFileSync(marker, own);
    await go(page, "/library");
    await moves.waitFor({ state: "detached", timeout: 120_000 });
    await eventually(async () => (await recordings(stand)).every(({ archived }) => archived), 60_000);
  },
);

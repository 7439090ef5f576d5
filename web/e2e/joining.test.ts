// A recording that has ended: how much of it is joined, in the list and on its page, until it plays there.

import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

import { assertAccessible, scene } from "./harness/scenario.ts";
import { eventually, type Stand } from "./harness/stand.ts";

/** An ffmpeg that joins a recording no faster than it plays, as a slow disk does. */
const folder = mkdtempSync(join(tmpdir(), "camsvc-slow-"));
const slow = join(folder, "ffmpeg");
writeFileSync(
  slow,
  `#!/bin/sh
for last; do :; done
case $last in
  */.*.part) exec ffmpeg -re "$@" ;;
esac
exec ffmpeg "$@"
`,
);
chmodSync(slow, 0o755);
symlinkSync("/usr/bin/ffprobe", join(folder, "ffprobe"));
after(() => rmSync(folder, { recursive: true }));

const scenario = scene({ media: `ffmpeg = ${JSON.stringify(slow)}\n` });

interface File {
  filename: string;
  status: string;
  progress?: number;
}

const recording = async (stand: Stand) => (await stand.call<{ files: File[] }>("list_recordings")).files[0];

const shareIn = (text: string | null) => Number(/ (\d+)\s?%/.exec(text ?? "")?.[1] ?? NaN);

scenario("the list and the recording's page say how much is joined, and then it plays", async (stage) => {
  const { stand, open } = stage;
  const { page } = await open({ login: await stand.user("viewer", "ann"), at: "/library" });
  await stand.call("start_recording", { device: "camera0", duration: 20 });
  const row = page.locator("[data-filename]");
  const pill = row.getByText(/^Being finished \d+\s?%$/);
  await pill.waitFor({ timeout: 60_000 });
  const first = shareIn(await pill.textContent());
  let later = first;
  await eventually(async () => (later = shareIn(await pill.textContent())) > first);
  await row.getByRole("link", { name: /^Play / }).click();
  const bar = page.getByRole("progressbar", { name: "It is being finished" });
  await bar.waitFor();
  const shown = () => bar.evaluate((each: HTMLProgressElement) => each.value);
  const here = await shown();
  assert.ok(here >= later / 100 - 0.01 && here <= 1, `${here} after ${later} %`);
  await eventually(async () => (await shown()) > here);
  assert.equal((await recording(stand))?.status, "FINISHING");
  await assertAccessible(page, "a recording that is being joined");
  await eventually(
    () => page.locator("video").evaluate((video: HTMLVideoElement) => video.videoWidth === 640),
    60_000,
  );
  const { status, progress } = (await recording(stand)) ?? {};
  assert.deepEqual([status, progress], ["FINISHED", undefined]);
});

// Writes a picture of every page at three widths, light and dark: node screenshots.ts FOLDER [PART-OF-A-PATH].
//
// The pages are those of an admin's navigation, the parts of the administration, a camera, a recording and the wall, with
// a day of recordings, users and keys in them; and the login, where nobody is logged in.

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { launch, logIn, open } from "./harness/browser.ts";
import { saveWhole } from "./harness/pictures-of-pages.ts";
import { go, pagesOf } from "./harness/scenario.ts";
import { eventually, Stand } from "./harness/stand.ts";

const WIDTHS = [360, 768, 1440];
const SCHEMES = ["light", "dark"] as const;
const PARTS = ["keys", "retention", "streams", "audit", "preferences"];

const [, , folder = "screenshots", only = ""] = process.argv;
mkdirSync(folder, { recursive: true });

const stand = await Stand.start({ cameras: ["North gate", "Workbench", "Yard 2", "Stairs"] });
const admin = await stand.user("admin", "ann");
await stand.user("operator", "bob");
await stand.call("create_user", {
  username: "carla",
  password: "one for the first time",
  role: "viewer",
  must_change_password: true,
});
await stand.call("create_api_key", { name: "Kitchen display", role: "viewer", cameras: ["camera0"] });
await stand.call("create_api_key", { name: "Backup", role: "operator", expires_in: 30 * 86_400 });
for (const device of ["camera0", "camera1"]) {
  await stand.call("take_snapshot", { device });
  await stand.call("start_recording", { device, duration: 4 });
}
await eventually(async () => {
  const all = await stand.call<{ files: { status: string }[] }>("list_recordings");
  return all.files.length === 2 && all.files.every(({ status }) => status === "FINISHED");
}, 60_000);
const { files } = await stand.call<{ files: { filename: string; device: string }[] }>("list_recordings");

/** Minutes of a recording that is stretched to them, as if it had been made so many hours ago. */
function past(device: string, hours: number, minutes: number, number: string): void {
  const made = files.find((file) => file.device === device);
  const stamp = new Date(Date.now() - hours * 3_600_000).toISOString().slice(0, 19).replace("T", "_");
  const name = `${device}_${stamp.replaceAll(":", "-")}Z_${number}.mp4`;
  const folder = join(stand.state, "recordings");
  const stretch = ["-itsscale", String((minutes * 60) / 4), "-i", join(folder, made?.filename ?? "")];
  execFileSync("ffmpeg", ["-v", "error", ...stretch, "-c", "copy", join(folder, name)]);
}
past("camera0", 15.5, 60, "101");
past("camera0", 14.4, 31, "107");
past("camera0", 11.6, 50, "108");
past("camera0", 8, 42, "102");
past("camera0", 3.2, 12, "103");
past("camera1", 12.1, 75, "104");
past("camera1", 6.4, 38, "105");
past("camera1", 5, 4, "106");
/** Its thumbnail is asked for, which has camsvc make it at once. */
const { key } = await stand.call<{ key: string }>("create_api_key", { name: "Wall", role: "viewer" });
const thumbnails = await stand.call<{ files: { thumbnail_url?: string }[] }>("list_recordings");
for (const { thumbnail_url: url } of thumbnails.files)
  if (url) await eventually(async () => (await fetch(url, { headers: { "X-API-Key": key } })).ok, 60_000);
await stand.call("protect_recording", { filename: files[0]?.filename, protected: true });
await stand.call("start_recording", { device: "camera1" });
await eventually(async () => {
  const all = await stand.call<{ files: { duration?: number; status: string }[] }>("list_recordings");
  return all.files.length === 11 && all.files.every(({ duration }) => duration !== undefined);
}, 60_000);
/** Where it is about six in the evening, so that most of the day is there. */
const ahead = 18 - new Date().getUTCHours();
const eastward = ahead > 12 ? ahead - 24 : ahead;
const timezoneId = `Etc/GMT${eastward <= 0 ? "+" : "-"}${String(Math.abs(eastward))}`;

const browser = await launch("chromium");
const recording = `/library/recordings/${encodeURIComponent(files[0]?.filename ?? "")}`;
const nameOf = (path: string) =>
  path === recording ? "recording" : path.slice(1).replace(/\W+/g, "-") || "cameras";
for (const width of WIDTHS) {
  for (const colorScheme of SCHEMES) {
    const viewport = { width, height: width < 500 ? 780 : Math.round(width * 0.7) };
    const { page, context } = await open(browser, `${stand.url}/#/`, { viewport, colorScheme, timezoneId });
    const save = (name: string) =>
      saveWhole(page, join(folder, `${name}-${String(width)}-${colorScheme}.png`));
    if ("login".includes(only)) await save("login");
    await logIn(page, admin);
    const paths = [
      ...(await pagesOf(page)),
      ...PARTS.map((part) => `/administration/${part}`),
      "/camera/camera0",
      recording,
      "/wall",
    ];
    for (const path of paths.filter((each) => nameOf(each).includes(only))) {
      await go(page, path);
      await save(nameOf(path));
    }
    await context.close();
  }
}
await browser.close();
await stand.stop();
console.log(`the pages are in ${folder}`);

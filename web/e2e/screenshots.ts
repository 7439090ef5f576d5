// Writes a picture of every page at three widths, light and dark: node screenshots.ts FOLDER [PART-OF-A-PATH].
//
// The pages are those of an admin's navigation, the parts of the administration, a camera and the wall, with some
// recordings, users and keys in them; and the login, where nobody is logged in.

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { launch, logIn, open } from "./harness/browser.ts";
import { go, pagesOf } from "./harness/scenario.ts";
import { eventually, Stand } from "./harness/stand.ts";

const WIDTHS = [360, 768, 1440];
const SCHEMES = ["light", "dark"] as const;
const PARTS = ["keys", "retention", "streams", "audit", "preferences"];

const [, , folder = "screenshots", only = ""] = process.argv;
mkdirSync(folder, { recursive: true });

const stand = await Stand.start({ cameras: ["North gate", "Workbench", "Yard 2"] });
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
  const { files } = await stand.call<{ files: { status: string }[] }>("list_recordings");
  return files.length === 2 && files.every(({ status }) => status === "FINISHED");
}, 60_000);
await stand.call("start_recording", { device: "camera1" });

const browser = await launch("chromium");
const nameOf = (path: string) => path.slice(1).replace(/\W+/g, "-") || "cameras";
for (const width of WIDTHS) {
  for (const colorScheme of SCHEMES) {
    const viewport = { width, height: width < 500 ? 780 : Math.round(width * 0.62) };
    const { page, context } = await open(browser, `${stand.url}/#/`, { viewport, colorScheme });
    const save = (name: string) =>
      page.screenshot({ path: join(folder, `${name}-${String(width)}-${colorScheme}.png`), fullPage: true });
    if ("login".includes(only)) await save("login");
    await logIn(page, admin);
    const paths = [
      ...(await pagesOf(page)),
      ...PARTS.map((part) => `/administration/${part}`),
      "/camera/camera0",
      "/wall",
    ];
    for (const path of paths.filter((each) => nameOf(each).includes(only))) {
      await go(page, path);
      // What moves is there, or has said why not.
      await page.waitForFunction(() => {
        const videos = [...document.querySelectorAll("video")];
        return videos.every((video) => video.hidden || video.readyState >= 2);
      });
      await save(nameOf(path));
    }
    await context.close();
  }
}
await browser.close();
await stand.stop();
console.log(`the pages are in ${folder}`);

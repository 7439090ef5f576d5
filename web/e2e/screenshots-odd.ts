// Writes pictures of what is not every day's: node screenshots-odd.ts FOLDER.
//
// Twelve cameras with long names of which one cannot be reached, an empty library, dialogs, a refusal, and a page without
// camsvc: in German, on a phone in the dark and on a desk in the light.

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { launch, logIn, open } from "./harness/browser.ts";
import { saveWhole } from "./harness/pictures-of-pages.ts";
import { go } from "./harness/scenario.ts";
import { Stand } from "./harness/stand.ts";
import { text } from "./harness/texts.ts";

const LOOKS = [
  { colorScheme: "dark", viewport: { width: 360, height: 780 } },
  { colorScheme: "light", viewport: { width: 1440, height: 1000 } },
] as const;
const NAMES = Array.from({ length: 11 }, (_, n) =>
  n % 3
    ? `Kamera ${String(n + 1)}`
    : `Donaudampfschifffahrtsgesellschaft, Lager ${String(n + 1)}, Einfahrt Nord`,
);

const [, , folder = "screenshots"] = process.argv;
mkdirSync(folder, { recursive: true });
const stand = await Stand.start({ cameras: NAMES, width: 320, height: 180, fps: 5, hardware: true });
const admin = await stand.user("admin", "ann");
await stand.user("operator", "wolfeschlegelsteinhausenbergerdorff");
await stand.call("add_external_stream", { stream_url: "rtsp://127.0.0.1:9/barn", stream_name: "Scheune" });
await stand.call("save_profile", { device: "camera0", profile: "Nacht" });

const t = (key: string, fills = {}) => text("de", key, fills);
const browser = await launch("chromium");
for (const [number, { colorScheme, viewport }] of LOOKS.entries()) {
  const { page, context } = await open(browser, `${stand.url}/#/`, {
    locale: "de-DE",
    colorScheme,
    viewport,
  });
  await logIn(page, admin);
  const save = (name: string) =>
    saveWhole(page, join(folder, `odd-${name}-${String(viewport.width)}-${colorScheme}.png`));
  const button = (key: string, fills = {}) =>
    page.getByRole("button", { name: t(key, fills), exact: true }).first();
  const dialog = async (name: string) => {
    await page.getByRole("dialog").or(page.getByRole("menu")).waitFor();
    await page.screenshot({
      path: join(folder, `odd-${name}-${String(viewport.width)}-${colorScheme}.png`),
    });
    await page.keyboard.press("Escape");
  };
  await go(page, "/");
  await save("twelve-cameras");
  await button("cameras.arrange").click();
  await save("arranging");
  await button("cameras.arrange").click();
  await button("record.start.of", { name: NAMES[0] }).click({ button: "right" });
  await dialog("record");
  await button("account.of", { user: admin.user }).click();
  await dialog("account");
  await page.keyboard.press("?");
  await dialog("keys");
  await go(page, "/library");
  await save("empty-library");
  await go(page, "/camera/camera0");
  await button("camera.show").click();
  await save("camera-with-controls");
  await go(page, "/camera/camera11");
  await save("camera-in-error");
  await go(page, "/administration/users");
  await button("administration.users.add").click();
  await page.getByRole("dialog").getByLabel(t("administration.users.name")).fill(admin.user);
  await page.getByRole("dialog").locator("[type=submit]").click();
  await page.getByRole("dialog").getByRole("alert").waitFor();
  await dialog("refusal");
  await go(page, "/administration/keys");
  await button("administration.keys.add").click();
  await dialog("new-key");
  await go(page, "/wall");
  await save("wall");
  if (number + 1 === LOOKS.length) {
    await go(page, "/");
    await go(page, "/library");
    await stand.do("kill_camsvc");
    await page.getByText(t("link.lost")).waitFor();
    await save("offline-library");
    await go(page, "/");
    await save("offline-cameras");
  }
  await context.close();
}
await browser.close();
await stand.stop();
console.log(`what is not every day's is in ${folder}`);

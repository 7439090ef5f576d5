// Every dialog and menu, in both languages, light and dark: axe finds nothing. A new one that is not opened here fails.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Locator, Page } from "playwright-core";

import { dialogKeys } from "./harness/dialogs.ts";
import { assertAccessible, assertFits, go, scene } from "./harness/scenario.ts";
import { eventually, type Stand } from "./harness/stand.ts";
import { pattern, text, type Language } from "./harness/texts.ts";

const LOOKS = [
  ["en", "en-GB", { width: 1280, height: 800 }],
  ["de", "de-DE", { width: 360, height: 740 }],
] as const;

async function prepare(stand: Stand): Promise<void> {
  await stand.call("start_recording", { device: "camera0", duration: 2 });
  await stand.call("take_snapshot", { device: "camera0" });
  await stand.call("add_external_stream", { stream_url: "rtsp://127.0.0.1:9/barn", stream_name: "Barn" });
  await stand.call("save_profile", { device: "camera0", profile: "night" });
  await eventually(async () => {
    const { files } = await stand.call<{ files: { status: string }[] }>("list_recordings");
    return files.some(({ status }) => status === "FINISHED");
  }, 60_000);
}

const scenario = scene({ hardware: true, prepare });

/** Names of what was opened, by language. */
const opened: Record<Language, string[]> = { en: [], de: [] };

class Walk {
  readonly page: Page;
  readonly language: Language;

  constructor(page: Page, language: Language) {
    this.page = page;
    this.language = language;
  }

  t(key: string, fills: Readonly<Record<string, string>> = {}): string {
    return text(this.language, key, fills);
  }

  button(
    key: string,
    fills: Readonly<Record<string, string>> = {},
    within: Page | Locator = this.page,
  ): Locator {
    return within.getByRole("button", { name: this.t(key, fills), exact: true });
  }

  get dialog(): Locator {
    return this.page.getByRole("dialog");
  }

  item(key: string): Locator {
    return this.page.getByRole("menuitem", { name: this.t(key) });
  }

  /** What is open now can be used by everyone, light and dark. */
  async look(): Promise<void> {
    const shown = this.page.getByRole("dialog").or(this.page.getByRole("menu"));
    await shown.waitFor();
    const name = await shown.evaluate(
      (here) =>
        here.getAttribute("aria-label") ??
        document.getElementById(here.getAttribute("aria-labelledby") ?? "")?.textContent ??
        "",
    );
    opened[this.language].push(name);
    for (const colorScheme of ["light", "dark"] as const) {
      await this.page.emulateMedia({ colorScheme });
      await assertAccessible(this.page, `${name}, ${this.language}, ${colorScheme}`);
    }
    await assertFits(this.page, name);
  }

  async close(): Promise<void> {
    await this.page.keyboard.press("Escape");
    await this.page.getByRole("dialog").or(this.page.getByRole("menu")).waitFor({ state: "detached" });
  }
}

for (const [language, locale, viewport] of LOOKS) {
  const look = { locale, viewport };

  scenario(`the frame's and the cameras', ${language}`, async ({ stand, open }) => {
    const ann = await stand.user("admin", `ann-${language}`);
    const { page } = await open({ ...look, login: ann, at: "/" });
    const walk = new Walk(page, language);
    const account = () => walk.button("account.of", { user: ann.user }).click();
    await account();
    await walk.look();
    for (const key of ["account.preferences", "account.keys", "account.diagnostics"]) {
      await walk.item(key).click();
      await walk.look();
      await walk.close();
      await account();
    }
    await walk.close();
    await page
      .getByRole("article", { name: "Yard 2" })
      .getByRole("button", { name: walk.t("record.start.of", { name: "Yard 2" }) })
      .click({ button: "right" });
    await walk.look();
    await walk.close();
    await go(page, "/camera/camera0");
    await walk.button("camera.profiles.save").click();
    await walk.look();
    await walk.close();
    await walk.button("camera.profiles.delete").click();
    await walk.look();
    await page.getByRole("menuitem", { name: "night" }).click();
    await walk.look();
    await walk.close();
  });

  scenario(`the library's and the system's, ${language}`, async ({ stand, open }) => {
    const login = await stand.user("admin", `bob-${language}`);
    const { page, expect } = await open({ ...look, login, at: "/library" });
    expect(/404 .*\/files\/thumbnails\//); // of a recording whose disk is another one
    const walk = new Walk(page, language);
    await page.getByRole("checkbox").first().check();
    await walk.button("library.delete").click();
    await walk.look();
    await walk.close();
    await walk.button("library.unselect").click();
    await page
      .getByRole("link", { name: new RegExp(`^${walk.t("library.play")} `) })
      .first()
      .click();
    await page.getByRole("button", { name: pattern(language, "player.speed") }).click();
    await walk.look();
    await walk.close();
    await walk.button("library.export").click();
    await walk.look();
    await walk.close();
    await walk.button("library.delete").click();
    await walk.look();
    await walk.close();
    await go(page, "/system");
    writeFileSync(join(stand.state, "recordings/.camsvc-volume"), `another disk, ${language}`);
    await walk.button("system.disk.accept").click();
    await walk.look();
    await walk.button("system.disk.accept", {}, walk.dialog).click();
    await page.getByText(walk.t("system.disk.accepted")).waitFor();
  });

  scenario(`the administration's, ${language}`, async ({ stand, open }) => {
    const names = { carl: `carl-${language}`, dora: `dora-${language}` };
    const dora = await stand.user("admin", names.dora);
    const script = `script-${language}`;
    const other = await open({ ...look, login: dora });
    const keys = new Walk(other.page, language);
    await go(other.page, "/administration/keys");
    await keys.button("administration.keys.add").click();
    await keys.look();
    await keys.dialog.getByLabel(keys.t("administration.keys.name")).fill(script);
    await keys.button("administration.keys.create", {}, keys.dialog).click();
    await keys.button("administration.keys.kept", {}, keys.dialog).waitFor();
    await keys.look();
    await keys.button("administration.keys.kept", {}, keys.dialog).click();
    await keys.button("administration.keys.revoke.of", { name: script }).click();
    await keys.look();
    await keys.close();
    other.expect(/40[13] /);

    const { page } = await open({ ...look, login: await stand.user("admin", names.carl) });
    const walk = new Walk(page, language);
    await go(page, "/administration/users");
    await walk.button("administration.users.add").click();
    await walk.look();
    await walk.close();
    const menu = () => walk.button("administration.of", { what: names.dora }).click();
    await menu();
    await walk.look();
    await walk.item("administration.users.password").click();
    await walk.look();
    await walk.close();
    await menu();
    await walk.item("administration.users.delete").click();
    await walk.look();
    await walk.close();
    await menu();
    await walk.item("administration.users.disable").click();
    await walk.look();
    await walk.close();

    await go(page, "/administration/retention");
    await page.getByRole("switch", { name: walk.t("administration.retention.enabled") }).check();
    await page.getByRole("radio", { name: walk.t("administration.retention.type.all"), exact: true }).check();
    await page.getByLabel(walk.t("administration.retention.free")).fill("1000000");
    await walk.button("save").click();
    await walk.look();
    await walk.close();

    await go(page, "/administration/streams");
    await walk.button("administration.streams.add").click();
    await walk.look();
    await walk.close();
    await walk.button("administration.streams.remove.of", { name: "Barn" }).click();
    await walk.look();
    await walk.close();
  });
}

scenario("there is none that was not opened", async () => {
  await Promise.resolve();
  const keys = dialogKeys();
  assert.ok(keys.length > 15, keys.join(", "));
  for (const [language] of LOOKS) {
    const missing = keys.filter((key) => !opened[language].some((name) => pattern(language, key).test(name)));
    assert.deepEqual(missing, [], `dialogs and menus that were not opened: ${language}`);
  }
});

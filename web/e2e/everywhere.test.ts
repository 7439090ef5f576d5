// What holds on every page: nothing that axe finds, nothing wider than the screen, in both languages, light and dark,
// for every role; and what a key for one camera sees.

import assert from "node:assert/strict";

import { assertAccessible, assertFits, go, pagesOf, RULES, scene } from "./harness/scenario.ts";

const LOOKS = [
  { locale: "en-GB", colorScheme: "light", viewport: { width: 1440, height: 900 } },
  { locale: "de-DE", colorScheme: "dark", viewport: { width: 360, height: 740 } },
] as const;

const PARTS = ["keys", "retention", "streams", "audit", "preferences"].map(
  (part) => `/administration/${part}`,
);

const scenario = scene();

for (const look of LOOKS) {
  const { locale, colorScheme, viewport } = look;
  scenario(`axe finds nothing: ${locale}, ${colorScheme}, ${viewport.width} px`, async ({ stand, open }) => {
    const login = await stand.user("admin", `ann-${locale.slice(0, 2)}`);
    const nobody = await open(look);
    await nobody.page.getByRole("textbox").first().waitFor();
    await assertAccessible(nobody.page, "the login");
    await assertFits(nobody.page, "the login");
    const { page } = await open({ ...look, login });
    for (const path of [...(await pagesOf(page)), "/camera/camera0"]) {
      await go(page, path);
      await assertAccessible(page, `${path}, ${locale}, ${colorScheme}`);
      await assertFits(page, path);
    }
  });
}

const WISHES = {
  "more contrast, no motion, dark": { contrast: "more", reducedMotion: "reduce", colorScheme: "dark" },
  "more contrast, no motion, light": { contrast: "more", reducedMotion: "reduce", colorScheme: "light" },
  "the system's own colours": { forcedColors: "active" },
} as const;

const WITHOUT_COLOURS = RULES.filter((tag) => tag !== "wcag2aa");

for (const [wish, look] of Object.entries(WISHES)) {
  scenario(`whoever wishes for ${wish} gets it on every page`, async ({ stand, open }) => {
    const login = await stand.user("admin", `wisher-${wish.replace(/\W+/g, "-")}`);
    const { page } = await open({ ...look, login });
    for (const path of [...(await pagesOf(page)), ...PARTS, "/camera/camera0"]) {
      await go(page, path);
      await assertFits(page, path);
      if (!("contrast" in look)) {
        // Colours are the system's then; axe reads some of them as they were before.
        await assertAccessible(page, `${path}, ${wish}`, WITHOUT_COLOURS);
        continue;
      }
      await assertAccessible(page, `${path}, ${wish}`);
      await assertAccessible(page, `${path}, ${wish}`, ["color-contrast-enhanced"]);
      assert.deepEqual(await page.evaluate(moving), [], `${path}: what moves`);
    }
  });
}

/** Runs in the page: what is animated for longer than anybody sees. */
function moving(): string[] {
  return document
    .getAnimations()
    .filter(({ effect }) => Number(effect?.getComputedTiming().duration) > 10)
    .map((animation) => String((animation.effect as KeyframeEffect).target?.outerHTML.slice(0, 100)));
}

for (const role of ["viewer", "operator"] as const) {
  scenario(`a ${role} sees pages on which nothing fails`, async ({ stand, open }) => {
    const { page } = await open({ login: await stand.user(role) });
    for (const path of await pagesOf(page)) {
      await go(page, path);
      assert.equal(await page.getByRole("alert").count(), 0, path);
    }
  });
}

scenario("a key for one camera sees that one alone", async ({ stand, open }) => {
  const { key } = await stand.call<{ key: string }>("create_api_key", {
    name: "gate",
    role: "viewer",
    cameras: ["camera0"],
  });
  const { page } = await open();
  await page.getByRole("button", { name: "Use an API key" }).click();
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("article", { name: "North gate" }).waitFor();
  for (const path of await pagesOf(page)) {
    await go(page, path);
    assert.equal(await page.getByText("Yard 2").count(), 0, path);
  }
});

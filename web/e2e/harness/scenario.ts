// What a file of tests is made of: one camsvc for all of it, a browser, and pages that are watched while a test runs.

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import assert from "node:assert/strict";

import type { Browser, BrowserContextOptions, BrowserContext, Page } from "playwright-core";

import { launch, logIn, open, settled, type BrowserName, type Watched } from "./browser.ts";
import { Stand, type Login, type StandOptions } from "./stand.ts";

const TIMEOUT_MS = 180_000;
/** Where a failed test leaves a picture of its page, if anywhere. */
const PICTURES = process.env.CAMSVC_E2E_PICTURES;

export interface OpenOptions extends BrowserContextOptions {
  /** Who logs in; nobody when left out. */
  login?: Login;
  /** The page, as it stands behind the # of the address. */
  at?: string;
  /** Where camsvc is, when there is something in between. */
  from?: string;
  /** What is done with the browser's context before the page is opened. */
  before?: (context: BrowserContext) => Promise<void>;
}

export interface Stage {
  stand: Stand;
  browser: Browser;
  /** The page in a window of its own, logged in where a login is given. */
  open: (options?: OpenOptions) => Promise<Watched>;
}

export interface SceneOptions extends StandOptions {
  browser?: BrowserName;
  /** Options of Chromium. */
  chromium?: readonly string[];
  /** What is done with the camsvc before the first test. */
  prepare?: (stand: Stand) => Promise<void>;
}

type Scenario = (title: string, play: (stage: Stage) => Promise<void>) => void;

/** The camsvc and browser of a file; returns what declares a test with them. */
export function scene(options: SceneOptions = {}): Scenario {
  let stand: Stand | undefined;
  let browser: Browser | undefined;
  before(async () => {
    stand = await Stand.start(options);
    [browser] = await Promise.all([
      launch(options.browser ?? "chromium", options.chromium),
      options.prepare?.(stand),
    ]);
  });
  after(async () => {
    await browser?.close();
    await stand?.stop();
  });
  return (title, play) => {
    void test(title, { timeout: TIMEOUT_MS }, async () => {
      const opened: Watched[] = [];
      assert.ok(stand && browser, "they were not started");
      const [there, shown] = [stand, browser];
      const stage: Stage = {
        stand,
        browser,
        open: async ({ login, at = "/", from = there.url, before: prepare, ...more } = {}) => {
          const watched = await open(shown, `${from}/#${at}`, more, prepare);
          opened.push(watched);
          if (login) await logIn(watched.page, login);
          return watched;
        },
      };
      try {
        await play(stage);
        for (const { complaints } of opened) assert.deepEqual(complaints, []);
      } catch (why) {
        await tellOfFailure(title, opened, there);
        throw why;
      } finally {
        for (const { context } of opened) await context.close();
      }
    });
  };
}

async function tellOfFailure(title: string, opened: readonly Watched[], stand: Stand): Promise<void> {
  for (const [number, { page, complaints }] of opened.entries()) {
    console.error(`--- ${title}: page ${String(number)} at ${page.url()}`, complaints);
    if (!PICTURES) continue;
    mkdirSync(PICTURES, { recursive: true });
    const name = title.replace(/\W+/g, "-").slice(0, 60);
    await page.screenshot({ path: join(PICTURES, `${name}-${String(number)}.png`) }).catch(console.error);
  }
  console.error((await stand.do<string>("log")).slice(-4000));
}

const AXE = readFileSync(join(import.meta.dirname, "../../node_modules/axe-core/axe.min.js"), "utf-8");
/** Tags of the rules that axe goes by. */
export const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

interface AxeResult {
  violations: { id: string; help: string; nodes: { target: unknown; failureSummary?: string }[] }[];
}

/** Fails where axe finds anything on the page as it is now, by these of its tags or rules. */
export async function assertAccessible(
  page: Page,
  what: string,
  by: readonly string[] = RULES,
): Promise<void> {
  await settled(page);
  await page.evaluate(AXE);
  const found = await page.evaluate(async (rules) => {
    const { axe } = window as unknown as { axe: { run(of: Document, options: unknown): Promise<AxeResult> } };
    const { violations } = await axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
    return violations.map(({ id, help, nodes }) => ({
      rule: `${id}: ${help}`,
      where: nodes
        .slice(0, 3)
        .map(({ target, failureSummary }) => `${String(target)} ${failureSummary ?? ""}`),
    }));
  }, by);
  assert.deepEqual(found, [], `axe on ${what}`);
}

/** Fails where the page has to be scrolled sideways. */
export async function assertFits(page: Page, what: string): Promise<void> {
  const overhang = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overhang <= 0, `${what} is ${String(overhang)} px wider than its window`);
}

/** The pages that this login sees, as they stand behind the # of the address: those of the navigation. */
export async function pagesOf(page: Page): Promise<string[]> {
  const links = page.getByRole("navigation").first().getByRole("link");
  const found = await links.evaluateAll((all) =>
    all.map((link) => (link as HTMLAnchorElement).hash.slice(1)),
  );
  return [...new Set(found)];
}

/** Go to a page and wait until it has its heading and is not waiting for anything. */
export async function go(page: Page, at: string): Promise<void> {
  await page.evaluate((hash) => (location.hash = hash), at);
  await page.locator(`main[data-path="${at}"]`).getByRole("heading", { level: 1 }).first().waitFor();
  await page.locator("main [aria-busy=true]").waitFor({ state: "detached" });
}

// Debian's browsers, steered by playwright-core: every page in them tells what went wrong in it, and the test fails.

import {
  chromium,
  firefox,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from "playwright-core";

import { ENGINE, type Login } from "./stand.ts";

export type BrowserName = "chromium" | "firefox";

const CHROMIUM = [
  "--no-sandbox",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--no-first-run",
  "--no-default-browser-check",
  "--autoplay-policy=no-user-gesture-required",
  "--disable-background-timer-throttling",
  "--disable-gpu",
];
const FIREFOX = {
  "media.autoplay.default": 0,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  "media.peerconnection.ice.loopback": true,
  "media.gmp-manager.updateEnabled": false,
  "app.update.enabled": false,
};

/** What playwright-core tells Firefox and Debian's extended support release does not know yet. */
const UNKNOWN_TO_FIREFOX = "emulation.setMediaFeaturesOverride";

type Send = (this: unknown, method: string, parameters: unknown) => Promise<unknown>;
interface InsideOfBrowser {
  _connection: { toImpl(browser: Browser): { _browserSession: { send: Send } } };
}

async function launchFirefox(): Promise<Browser> {
  const browser = await firefox.launch({
    channel: "moz-firefox", // over WebDriver BiDi, as Playwright's own protocol is in its patched build alone
    executablePath: "/usr/bin/firefox-esr",
    firefoxUserPrefs: FIREFOX,
  });
  const inside = (browser as unknown as InsideOfBrowser)._connection.toImpl(browser)._browserSession;
  const session = Object.getPrototypeOf(inside) as { send: Send };
  const { send } = session;
  session.send = function (method, parameters) {
    return method === UNKNOWN_TO_FIREFOX ? Promise.resolve({}) : send.call(this, method, parameters);
  };
  return browser;
}

export function launch(name: BrowserName, more: readonly string[] = []): Promise<Browser> {
  if (name === "firefox") return launchFirefox();
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [...CHROMIUM, ...more],
    chromiumSandbox: false,
  });
}

/** A page, with all that went wrong in it. */
export interface Watched {
  page: Page;
  context: BrowserContext;
  /** Errors of the console, failed requests, exceptions nobody caught. */
  complaints: string[];
  /** From now on what matches is no complaint: the test itself brings it about. */
  expect: (...patterns: RegExp[]) => void;
}

/** Without a login the page asks once who is logged in, and is told 401: the browser calls that an error. */
const ASKED_WHO = /401 .*api\/session$/;

/** The thumbnail of a file that has just come is being made, on a busy machine for seconds: the page asks again. */
const BEING_MADE = /503 .*\/files\/thumbnails\//;

export async function open(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
  before?: (context: BrowserContext) => Promise<void>,
): Promise<Watched> {
  const context = await browser.newContext({
    locale: "en-GB",
    viewport: { width: 1280, height: 800 },
    ...options,
  });
  await before?.(context);
  const page = await context.newPage();
  const expected = [ASKED_WHO, BEING_MADE];
  const complaints: string[] = [];
  const complain = (text: string) => {
    if (!expected.some((pattern) => pattern.test(text))) complaints.push(text);
  };
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()))
      complain(`console: ${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => complain(`exception: ${error.stack ?? error.message}`));
  page.on("requestfailed", (request) => {
    const why = request.failure()?.errorText ?? "";
    // Ended by the page itself, as a player does that is not needed any more.
    if (!/ABORTED|NS_BINDING_ABORTED/i.test(why))
      complain(`failed: ${request.method()} ${request.url()} ${why}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) complain(`answered: ${response.status()} ${response.url()}`);
  });
  await page.goto(url);
  return { page, context, complaints, expect: (...patterns) => expected.push(...patterns) };
}

/** Log in on the page, by its form. */
export async function logIn(page: Page, login: Login): Promise<void> {
  await page.getByLabel(/^(User|Benutzer)$/).fill(login.user);
  await page.getByLabel(/^(Password|Passwort)$/).fill(login.password);
  await page.getByRole("button", { name: /^(Log in|Anmelden)$/ }).click();
  await page.getByRole("navigation").first().waitFor();
}

export { ENGINE };

/** Until no colour and no opacity is on its way to another: half-way it is what nobody reads for long. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const passing = document
      .getAnimations()
      .filter(({ effect }) => effect?.getComputedTiming().iterations !== Infinity);
    await Promise.allSettled(passing.map(({ finished }) => finished));
  });
}

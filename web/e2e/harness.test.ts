// That the harness itself sees what goes wrong in a page: each kind of it fails a test.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, open } from "./harness/browser.ts";
import { eventually, Stand } from "./harness/stand.ts";

/** Each is done in the page; what is complained of then. */
const WRONG: [what: string, script: string, complaint: RegExp][] = [
  [
    "an error on the console",
    `console.error("a thing that went wrong")`,
    /^console: a thing that went wrong/,
  ],
  ["a warning", `console.warn("a thing to mind")`, /^console: a thing to mind/],
  [
    "an exception",
    `setTimeout(() => { throw new Error("nobody caught it"); })`,
    /^exception: .*nobody caught/,
  ],
  ["a rejection", `void Promise.reject(new Error("nobody heard it"))`, /^exception: .*nobody heard/],
  ["an answer that is an error", `void fetch("/no/such/place")`, /^answered: 404 .*\/no\/such\/place$/],
  [
    "what the policy forbids",
    `new Image().src = "http://192.0.2.1/a.png"`,
    /^(console|exception): .*192\.0\.2\.1/,
  ],
];

const LIMIT_MS = 180_000;

let stand: Stand;
before(async () => {
  stand = await Stand.start({ cameras: [] });
});
after(() => stand.stop());

void test("what goes wrong in a page fails its test", { timeout: LIMIT_MS }, async () => {
  const browser = await launch("chromium");
  try {
    const { page, complaints, expect } = await open(browser, `${stand.url}/`, {});
    await page.getByLabel("User").waitFor();
    assert.equal(complaints.join("; "), "", "a page on which nothing went wrong");
    for (const [what, script, complaint] of WRONG) {
      await page.evaluate(script);
      await eventually(() => Promise.resolve(complaints.some((each) => complaint.test(each)))).catch(() =>
        assert.fail(`${what}: ${complaints.join("; ")}`),
      );
      complaints.length = 0;
    }
    expect(/this one is awaited/);
    await page.evaluate(`console.error("this one is awaited"); console.error("and this one is not")`);
    await eventually(() => Promise.resolve(complaints.length > 0));
    assert.deepEqual(
      complaints.map((each) => each.trim().replace(/ http.*/, "")),
      ["console: and this one is not"],
    );
  } finally {
    await browser.close();
  }
});

void test("a request that nobody answers fails its test", { timeout: LIMIT_MS }, async () => {
  const browser = await launch("chromium");
  try {
    const { page, complaints } = await open(browser, `${stand.url}/`, {});
    await page.getByLabel("User").waitFor();
    assert.equal(complaints.join("; "), "");
    await stand.do("kill_camsvc");
    await page.evaluate(`fetch("/api/session").catch(() => undefined)`);
    await eventually(() => Promise.resolve(complaints.some((each) => each.startsWith("failed: GET "))));
  } finally {
    await browser.close();
  }
});

import { afterEach, describe, expect, it, vi } from "vitest";

import { bestLanguage, languages, setLanguage, t, textsOf, tn } from ".";
import { ago, bitRate, clock, size, span, when } from "./format";
import { de } from "./languages/de";
import { en } from "./languages/en";

/** These have every text. Others have been begun; what they lack is told, and stands in English. */
const COMPLETE = ["en", "de"];
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, hole]) => hole).sort();

afterEach(async () => {
  await setLanguage("en");
});

describe("languages", () => {
  it.each(languages)("%s has no text that there is not, and each with the same holes", async (code) => {
    const texts: Record<string, string> = await textsOf(code);
    expect(Object.keys(texts).filter((key) => !(key in en))).toEqual([]);
    for (const [key, text] of Object.entries(en)) {
      const own = texts[key];
      if (own === undefined) continue;
      expect(holes(own), key).toEqual(holes(text));
      expect(own.trim(), key).not.toBe("");
    }
    const missing = Object.keys(en).filter((key) => !(key in texts));
    expect(COMPLETE.includes(code) ? missing : []).toEqual([]);
    // eslint-disable-next-line no-console -- for whoever goes on with that language
    if (missing.length) console.warn(`${code} lacks ${String(missing.length)} texts: ${missing.join(", ")}`);
  });

  it("come by one file each, and are found without being named", () => {
    expect(languages).toContain("en");
    expect(languages).toContain("de");
  });

  it("are the wished one, else the browser's, else English", () => {
    vi.spyOn(navigator, "languages", "get").mockReturnValue(["qq-QQ", "de-AT", "en"]);
    expect(bestLanguage(null)).toBe("de");
    expect(bestLanguage("en")).toBe("en");
    vi.spyOn(navigator, "languages", "get").mockReturnValue(["xx"]);
    expect(bestLanguage("yy")).toBe("en");
  });

  it("fill what is missing in one that has been begun from English", async () => {
    const begun = de as Record<string, string>;
    const whole = begun.cancel ?? "";
    delete begun.cancel;
    try {
      await setLanguage("de");
      expect([t("cancel"), t("close")]).toEqual([en.cancel, "Schließen"]);
    } finally {
      begun.cancel = whole;
    }
  });

  it("fill holes, and leave what is filled in as it is", async () => {
    expect(t("login.title")).toBe("Log in");
    expect(t("account.of", { user: "<b>{user}</b> $&" })).toBe("Account: <b>{user}</b> $&");
    await setLanguage("de");
    expect(t("login.title")).toBe("Anmelden");
    expect(tn("link.next", 1)).toContain("1 Sekunde.");
    expect(tn("link.next", 2)).toContain("2 Sekunden.");
  });
});

describe("format", () => {
  it("writes sizes, rates and lengths as the language does", async () => {
    expect(size(0)).toBe("0 bytes");
    expect(size(1234)).toBe("1.2 kB");
    expect(size(999_999)).toBe("1 MB");
    expect(size(123_456_789)).toBe("123 MB");
    expect(bitRate(3_200_000)).toBe("3.2 Mbit/s");
    expect(bitRate(64_000)).toBe("64 kbit/s");
    expect(span(1)).toBe("1 second");
    expect(span(7200)).toBe("2 hours");
    await setLanguage("de");
    expect(size(1234)).toBe("1,2 kB");
    expect(span(3 * 86400)).toBe("3 Tage");
  });

  it("writes lengths as a clock", () => {
    expect([clock(0), clock(59.9), clock(61), clock(3661), clock(-1)]).toEqual([
      "0:00",
      "0:59",
      "1:01",
      "1:01:01",
      "0:00",
    ]);
  });

  it("says how long ago something was", () => {
    const now = Date.parse("2026-05-05T12:00:00Z");
    expect(ago(now - 5000, now)).toBe("5 seconds ago");
    expect(ago(now - 7_200_000, now)).toBe("2 hours ago");
    expect(ago(now - 86_400_000, now)).toBe("yesterday");
  });

  it("leaves the day out where it is today, and has a sign for what is no time", () => {
    const now = new Date(2026, 4, 5, 12).getTime();
    expect(when(now - 60_000, now)).not.toContain("2026");
    expect(when(now - 86_400_000 * 3, now)).toContain("2026");
    expect(when("nonsense", now)).toBe("–");
  });
});

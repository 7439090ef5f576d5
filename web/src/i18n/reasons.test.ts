import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, describe, expect, it } from "vitest";

import { setLanguage } from ".";
import { en } from "./languages/en";
import { explanationOf, REASONS, shortly } from "./reasons";
import { saidOfCamera } from "./said";

const CAMSVC = join(import.meta.dirname, "../../../camsvc");
const sources = readdirSync(CAMSVC, { recursive: true, encoding: "utf-8" })
  .filter((name) => name.endsWith(".py"))
  .map((name) => readFileSync(join(CAMSVC, name), "utf-8"));

const refusal = (reason: string, data = {}, message = "camsvc says no", suggestion?: string) => ({
  reason,
  message,
  suggestion,
  data,
});

afterEach(() => setLanguage("en"));

describe("explanationOf", () => {
  it("has words of its own, with the figures and names, in the language of the page", async () => {
    await setLanguage("de");
    const of = (reason: string, data = {}) => explanationOf(refusal(reason, data)).detail;
    expect(of("no_space", { free_bytes: 1.2e9, required_bytes: 5e9 })?.text).toMatch(
      /^1,2.GB sind frei, und 5.GB müssen frei bleiben\.$/,
    );
    expect(of("role_too_low", { required_role: "admin", have_role: "viewer" })).toEqual({
      text: "Dafür braucht es die Rolle Verwalter; Ihre ist Zuschauer.",
    });
    expect(of("not_found", { resource: "camera", id: "camera7" })?.text).toBe(
      "Die Kamera camera7 gibt es nicht.",
    );
    expect(of("validation", { param: "stream_name", rule: "unique" })?.text).toBe("Name: schon vergeben.");
    expect(of("viewer_limit", { limit: 8 })?.text).toContain("8 Bilder");
    expect(of("bad_credential", { credential: "password" })?.text).toContain("Passwort ist falsch");
    expect(of("bad_credential", { credential: "api_key" })?.text).toContain("API-Schlüssel");
    expect(of("rate_limited")).toBeUndefined();
  });

  it("leaves what it does not know in camsvc's English, and says so", async () => {
    const unknown = refusal("odd", {}, "the moon is in the way", "wait for the night");
    expect(explanationOf(unknown)).toEqual({
      detail: { text: "The moon is in the way." },
      suggestion: { text: "Wait for the night." },
    });
    await setLanguage("de");
    expect(explanationOf(unknown)).toEqual({
      detail: { text: "The moon is in the way.", lang: "en" },
      suggestion: { text: "Wait for the night.", lang: "en" },
    });
    const hinted = refusal("validation", { param: "fps", rule: "range", hint: "1 to 60" });
    expect(explanationOf(hinted)).toEqual({
      detail: { text: "Fps: so nicht erlaubt." },
      suggestion: { text: "1 to 60", lang: "en" },
    });
  });

  it("says what is wrong with a camera that cannot be recorded", async () => {
    await setLanguage("de");
    const words = "the camera is gone: unplugged, or its cable or hub fails";
    expect(shortly(refusal(words, { state: "ERROR" })).text).toMatch(/^Die Kamera ist weg: abgesteckt/);
    expect(shortly(refusal("camera_disconnected", { state: "DISCONNECTED" })).text).toBe(
      "Die Kamera ist nicht angesteckt.",
    );
  });

  it("is never empty, and never a bare code", async () => {
    for (const language of ["en", "de"]) {
      await setLanguage(language);
      for (const reason of Object.keys(REASONS)) {
        const { text } = shortly(refusal(reason, { status: 502 }));
        expect(text.split(" ").length, reason).toBeGreaterThan(2);
      }
    }
  });

  it("knows the reasons that camsvc gives", () => {
    const all = sources.join("\n");
    const own = ["not_camsvc", "bad_offer"]; // the page's, and one that camsvc puts together
    expect(Object.keys(REASONS).filter((each) => !own.includes(each) && !all.includes(`"${each}"`))).toEqual(
      [],
    );
  });
});

describe("saidOfCamera", () => {
  it("knows camsvc's sentences with the names in them", async () => {
    const busy = "another program is using the camera: cheese (pid 4711)";
    expect(saidOfCamera(busy)).toEqual({ text: busy });
    await setLanguage("de");
    expect(saidOfCamera(busy)).toEqual({
      text: "ein anderes Programm benutzt die Kamera: cheese (pid 4711)",
    });
    expect(saidOfCamera("192.0.2.7:554 refuses the user name or password: check the camera's url").text).toBe(
      "192.0.2.7:554 lehnt Benutzername oder Passwort ab: die Adresse der Kamera prüfen",
    );
    expect(saidOfCamera("no frames for 5 s (frames_limit_s)").text).toBe(
      "seit 5 s keine Bilder (frames_limit_s)",
    );
    expect(saidOfCamera("the lens cap is on")).toEqual({ text: "the lens cap is on", lang: "en" });
  });

  it("has each of them as camsvc has it", () => {
    // As Python joins literals that follow each other.
    const said = sources.map((text) => text.replace(/"\s*f?"/g, "").replace(/\\"/g, '"')).join("\n");
    const differ = Object.entries(en)
      .filter(([key]) => key.startsWith("trouble."))
      .filter(([, text]) =>
        text.split(/\{\w+\}| \(frames_limit_s\)|(?<=^the USB bus)/).some((part) => !said.includes(part)),
      );
    expect(differ).toEqual([]);
  });
});

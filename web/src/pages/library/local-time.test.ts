import { describe, expect, it } from "vitest";

import { asField, ofField } from "./local-time";

describe("local time of a field", () => {
  it("is there and back the same, to the second", () => {
    const at = new Date(2026, 10, 29, 18, 30, 5).getTime();
    expect(asField(at)).toBe("2026-11-29T18:30:05");
    expect(ofField(asField(at))).toBe(at);
  });

  it("takes in the second that has begun, at both ends", () => {
    const at = new Date(2026, 10, 29, 18, 30, 5).getTime() + 400;
    expect([asField(at), asField(at, "up")]).toEqual(["2026-11-29T18:30:05", "2026-11-29T18:30:06"]);
  });

  it("is null where nothing was filled in", () => {
    expect([ofField(""), ofField("soon")]).toEqual([null, null]);
  });
});

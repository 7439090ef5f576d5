import { describe, expect, it } from "vitest";

import { dayOf, endOf, hoursOf, onDay, shifted, startOf } from "./days";

describe("days", () => {
  it("are those of the reader's calendar", () => {
    expect(dayOf(new Date(2026, 10, 29, 0, 0, 1))).toBe("2026-11-29");
    expect(dayOf(new Date(2026, 10, 29, 23, 59, 59))).toBe("2026-11-29");
    expect(startOf("2026-11-29")).toBe(new Date(2026, 10, 29).getTime());
    expect(endOf("2026-11-30")).toBe(new Date(2026, 11, 1).getTime());
  });

  it("follow one another over the ends of months and years", () => {
    expect(shifted("2026-12-31", 1)).toBe("2027-01-01");
    expect(shifted("2028-03-01", -1)).toBe("2028-02-29");
  });

  it("say where a recording lies, and cut what reaches beyond", () => {
    const noon = new Date(2026, 5, 1, 12).getTime();
    expect(onDay("2026-06-01", noon, 3600)).toEqual({ from: 0.5, to: 13 / 24 });
    expect(onDay("2026-06-01", new Date(2026, 4, 31, 23).getTime(), 7200)).toEqual({ from: 0, to: 1 / 24 });
    expect(onDay("2026-06-01", new Date(2026, 5, 1, 23).getTime(), 7200)?.to).toBe(1);
    expect(onDay("2026-06-02", noon, 3600)).toBeNull();
    expect(onDay("2026-05-31", noon, 3600)).toBeNull();
  });

  it("have their hours where they are", () => {
    const shares = hoursOf("2026-06-01", 6).map(({ share }) => share);
    expect(shares).toEqual([0, 0.25, 0.5, 0.75, 1]);
  });
});

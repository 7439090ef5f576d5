import { describe, expect, it } from "vitest";

import { dayName, EMPTY, goesOverMidnight, withDay, wrongWith } from "./week";

describe("week", () => {
  it("names its days as the locale does", () => {
    expect([dayName("mon", "en"), dayName("sun", "en"), dayName("wed", "de")]).toEqual(["Mon", "Sun", "Mi"]);
  });

  it("keeps the order of the week, whatever is touched first", () => {
    const window = withDay(withDay({ ...EMPTY, days: ["wed"] }, "sun", true), "mon", true);
    expect(window.days).toEqual(["mon", "wed", "sun"]);
    expect(withDay(window, "wed", false).days).toEqual(["mon", "sun"]);
  });

  it("says what is wrong before camsvc has to", () => {
    expect(wrongWith([])).toBe("none");
    expect(wrongWith([{ ...EMPTY, days: [] }])).toBe("days");
    expect(wrongWith([{ ...EMPTY, to: "" }])).toBe("times");
    expect(wrongWith([EMPTY])).toBeNull();
  });

  it("knows which windows go on after midnight", () => {
    expect(goesOverMidnight({ from: "22:00", to: "06:00" })).toBe(true);
    expect(goesOverMidnight({ from: "06:00", to: "22:00" })).toBe(false);
  });
});

import { describe, expect, it } from "vitest";

import { columnsFor } from "./layout";

describe("columnsFor", () => {
  it("makes the pictures as large as they can be", () => {
    expect([1, 2, 4, 6, 9].map((count) => columnsFor(count, 1920, 1080))).toEqual([1, 2, 2, 3, 3]);
    expect([2, 3, 4].map((count) => columnsFor(count, 360, 740))).toEqual([1, 1, 1]);
    expect(columnsFor(0, 100, 100)).toBe(1);
  });
});

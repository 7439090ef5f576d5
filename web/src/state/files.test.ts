import { describe, expect, it } from "vitest";

import { lookAgainMs } from "./files";

describe("lookAgainMs", () => {
  it("asks each second how far a join is, now and then of what else is not finished, and of nothing else", () => {
    expect(lookAgainMs([])).toBeUndefined();
    expect(lookAgainMs([{ status: "FINISHED" }, {}])).toBeUndefined();
    expect(lookAgainMs([{ status: "FINISHED" }, { status: "RECORDING" }])).toBe(5000);
    expect(lookAgainMs([{ status: "FINISHING" }])).toBe(5000);
    expect(lookAgainMs([{ status: "RECORDING" }, { status: "FINISHING", progress: 0 }])).toBe(1000);
  });
});

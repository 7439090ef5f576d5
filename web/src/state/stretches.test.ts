import { describe, expect, it } from "vitest";

import type { FileView } from "../api/types";
import { spanOf, stretchesOf } from "./stretches";

const BEGAN = Date.UTC(2026, 10, 29, 10);
const iso = (second: number) => new Date(BEGAN + second * 1000).toISOString();
const file = (more: Partial<FileView>): FileView =>
  ({ filename: "a.mp4", created_time: iso(0), status: "FINISHED", duration: 60, ...more }) as FileView;

describe("the time that a recording covers", () => {
  it("is one piece of a recording that is one file, and goes on while it is recorded", () => {
    expect(stretchesOf(file({}), [], BEGAN)).toEqual([{ startedAt: BEGAN, seconds: 60, gap: false }]);
    expect(stretchesOf(file({ status: "RECORDING" }), [], BEGAN + 5000)).toEqual([
      { startedAt: BEGAN, seconds: 5, gap: false },
    ]);
  });

  it("of several reaches from the first to the last", () => {
    const piece = (startedAt: number, seconds: number) => ({ startedAt, seconds, gap: false });
    expect(spanOf([piece(5000, 60), piece(1000, 3), piece(9000, 1)])).toEqual({ began: 1000, ended: 65_000 });
    expect(spanOf([])).toBeNull();
  });

  it("has a gap where the next file begins late, and none at a seam", () => {
    const parts = [
      { created_time: iso(0), duration: 100 },
      { created_time: iso(100.4), duration: 50 },
      { created_time: iso(300), duration: 10 },
    ];
    expect(stretchesOf(file({ segments: 3 }), parts, BEGAN)).toEqual([
      { startedAt: BEGAN, seconds: 100, gap: false },
      { startedAt: BEGAN + 100_400, seconds: 50, gap: false },
      { startedAt: BEGAN + 150_400, seconds: 149.6, gap: true },
      { startedAt: BEGAN + 300_000, seconds: 10, gap: false },
    ]);
  });
});

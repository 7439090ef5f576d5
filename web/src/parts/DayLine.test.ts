import { describe, expect, it } from "vitest";

import { nearest, type Mark } from "./DayLine";

const placed = (id: string, from: number, to: number) => ({ mark: { id } as Mark, at: { from, to } });

describe("nearest", () => {
  const all = [placed("night", 0, 0.5), placed("short", 0.3, 0.31), placed("dot", 0.8, 0.8)];

  it("is what lies there, of several the shortest", () => {
    expect(nearest(all, 0.1, 0.01)?.id).toBe("night");
    expect(nearest(all, 0.305, 0.01)?.id).toBe("short");
  });

  it("reaches as far as a finger, and no farther", () => {
    expect(nearest(all, 0.79, 0.02)?.id).toBe("dot");
    expect(nearest(all, 0.7, 0.02)).toBeNull();
  });
});

import { describe, expect, it } from "vitest";

import { FrameClock, nextSpeed } from "./frames";

describe("nextSpeed", () => {
  it("goes one on, and stays at the ends", () => {
    expect([nextSpeed(1, 1), nextSpeed(1, -1), nextSpeed(8, 1), nextSpeed(0.25, -1)]).toEqual([
      1.5, 0.5, 8, 0.25,
    ]);
  });
});

describe("FrameClock", () => {
  it("knows how long a picture lasts once two have followed each other", () => {
    const clock = new FrameClock();
    expect(clock.seconds).toBe(1 / 25);
    clock.told(0, 1);
    clock.told(0.1, 2);
    expect(clock.seconds).toBeCloseTo(0.1);
  });

  it("takes no jump and no picture that was left out for a distance", () => {
    const clock = new FrameClock();
    for (const [at, count] of [
      [0, 1],
      [0.1, 2],
      [0.5, 6],
      [30, 7],
      [30.1, 8],
      [2, 9],
    ] as const)
      clock.told(at, count);
    expect(clock.seconds).toBeCloseTo(0.1);
  });
});

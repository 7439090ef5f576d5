import { describe, expect, it } from "vitest";

import { bounded, panned, transformOf, WHOLE, zoomedAt } from "./zoom";

describe("zoom", () => {
  it("keeps the point under the pointer where it is", () => {
    const zoom = zoomedAt(WHOLE, 2, 0.25, -0.25);
    // where the picture's point p stands in the place: (p - x) * scale
    expect((0.25 - zoom.x) * zoom.scale).toBeCloseTo(0.25);
    expect((-0.25 - zoom.y) * zoom.scale).toBeCloseTo(-0.25);
  });

  it("shows nothing beyond the edges, and no more than eight times", () => {
    expect(bounded({ scale: 2, x: 9, y: -9 })).toEqual({ scale: 2, x: 0.25, y: -0.25 });
    expect(zoomedAt(WHOLE, 100, 0, 0).scale).toBe(8);
    expect(zoomedAt({ scale: 2, x: 0.25, y: 0.25 }, 0.1, 0, 0)).toEqual(WHOLE);
    expect(panned(WHOLE, 0.5, 0.5)).toEqual(WHOLE);
  });

  it("moves with the finger", () => {
    expect(panned({ scale: 2, x: 0, y: 0 }, 0.2, -0.2)).toEqual({ scale: 2, x: -0.1, y: 0.1 });
    expect(transformOf(WHOLE)).toBe("none");
    expect(transformOf({ scale: 2, x: 0.25, y: 0 })).toBe("scale(2) translate(-25%, 0%)");
  });
});

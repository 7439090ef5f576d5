import { describe, expect, it } from "vitest";

import { cueAt, cuesOf } from "./strips";

const VTT = `WEBVTT

00:00:00.000 --> 00:00:02.500
camera0.mp4.jpg#xywh=0,0,160,90

00:00:02.500 --> 01:00:05.000
camera0.mp4.jpg#xywh=160,90,160,90
`;

describe("a strip", () => {
  it("says which part of the picture is of which time", () => {
    expect(cuesOf(VTT)).toEqual([
      { from: 0, to: 2.5, x: 0, y: 0, width: 160, height: 90 },
      { from: 2.5, to: 3605, x: 160, y: 90, width: 160, height: 90 },
    ]);
    expect(cuesOf("WEBVTT\n")).toEqual([]);
  });

  it("has the nearest picture for each time", () => {
    const cues = cuesOf(VTT);
    expect([0, 2.49, 2.5, 9999].map((at) => cueAt(cues, at)?.x)).toEqual([0, 0, 160, 160]);
    expect(cueAt([], 1)).toBeUndefined();
  });
});

import { describe, expect, it } from "vitest";

import { filenameOf, pathOf } from "./FileRow";

describe("the address of a file", () => {
  it.each([
    "camera0_1.mp4",
    "100%25 %zz & it's #1 ?a=b;c+d.mp4",
    '"><img src=x>.mp4',
    "\u202egnp.mp4",
    "שער.mp4",
  ])("has the name %s", (name) => {
    expect(filenameOf(pathOf("recordings", name))).toBe(name);
  });

  it("that somebody has written by hand is taken as it is", () => {
    expect(filenameOf("/library/recordings/100%")).toBe("100%");
  });
});

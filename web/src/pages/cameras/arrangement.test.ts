import { describe, expect, it } from "vitest";

import { grouped, movedBy, movedTo } from "./arrangement";

describe("arrangement", () => {
  it("moves by one, and not beyond the ends", () => {
    expect(movedBy(["a", "b", "c"], "b", -1)).toEqual(["b", "a", "c"]);
    expect(movedBy(["a", "b", "c"], "b", 1)).toEqual(["a", "c", "b"]);
    expect(movedBy(["a", "b"], "a", -1)).toEqual(["a", "b"]);
    expect(movedBy(["a", "b"], "b", 1)).toEqual(["a", "b"]);
  });

  it("moves to the place of another", () => {
    expect(movedTo(["a", "b", "c", "d"], "a", "c")).toEqual(["b", "c", "a", "d"]);
    expect(movedTo(["a", "b", "c", "d"], "d", "b")).toEqual(["a", "d", "b", "c"]);
    expect(movedTo(["a", "b"], "x", "b")).toEqual(["a", "b"]);
  });

  it("groups, those without a group first", () => {
    const cameras = ["camera0", "camera1", "camera2"].map((device) => ({ device }));
    expect(grouped(cameras, { camera0: "Yard", camera2: "Yard" })).toEqual([
      { group: "", members: [cameras[1]] },
      { group: "Yard", members: [cameras[0], cameras[2]] },
    ]);
    expect(grouped([], {})).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";

import { ordered, read } from "./settings";

describe("settings", () => {
  it("are as at the beginning where nothing good was kept", () => {
    const initial = read(null);
    expect(initial).toMatchObject({ theme: "system", language: null, liveTiles: "some", keys: true });
    for (const bad of ["{", "null", "[]", '{"theme":7,"order":[1,"camera1"],"groups":{"a":2},"way":"x"}']) {
      expect(read(bad)).toMatchObject({ theme: "system", way: "auto", groups: {} });
    }
    expect(read('{"order":[1,"camera1"]}').order).toEqual(["camera1"]);
  });

  it("order cameras by hand, the others by number after them, and leave hidden ones out", () => {
    const cameras = ["camera10", "camera2", "camera0", "camera1"].map((device) => ({ device }));
    const names = (all: { device: string }[]) => all.map(({ device }) => device);
    expect(names(ordered(cameras, { order: ["camera2"], hidden: [] }))).toEqual([
      "camera2",
      "camera0",
      "camera1",
      "camera10",
    ]);
    expect(names(ordered(cameras, { order: [], hidden: ["camera1"] }))).not.toContain("camera1");
    expect(names(ordered(cameras, { order: [], hidden: ["camera1"] }, true))).toContain("camera1");
  });
});

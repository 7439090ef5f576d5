import { describe, expect, it } from "vitest";

import { understood } from "./controls";

describe("understood", () => {
  it("knows numbers, switches and menus, and leaves out what it cannot show", () => {
    const found = understood([
      { name: "brightness", type: "int", value: 3, min: -10, max: 10, step: 1, default: 0, flags: [] },
      { name: "auto_focus", type: "bool", value: 1, default: 1 },
      { name: "power_line", type: "menu", value: 1, menu: { 0: "off", 1: "50 Hz" }, flags: ["inactive"] },
      { name: "odd", type: "int", value: 1, min: 5, max: 5 },
      { type: "int", value: 1 },
    ]);
    expect(found).toMatchObject([
      { kind: "number", name: "brightness", min: -10, max: 10, initial: 0, off: false },
      { kind: "switch", label: "auto focus", value: 1 },
      {
        kind: "menu",
        items: [
          { value: 0, label: "off" },
          { value: 1, label: "50 Hz" },
        ],
        off: true,
      },
    ]);
    expect(found).toHaveLength(3);
  });
});

import { describe, expect, it } from "vitest";

import type { MoveView } from "../../api/types";
import { shownOf } from "./MovesUnderWay";

const move = (filename: string, status: string): MoveView => ({
  device: "camera0",
  filename,
  status,
  progress: 0,
});

describe("moves under way", () => {
  it("are a few: what moves first, then what failed, then those that wait; the rest is counted", () => {
    const all = [move("a", "WAITING"), move("b", "FAILED"), move("c", "WAITING"), move("d", "MOVING")];
    const { shown, more } = shownOf(all);
    expect([shown.map(({ filename }) => filename), more]).toEqual([["d", "b", "a"], 1]);
    expect(shownOf([])).toEqual({ shown: [], more: 0 });
  });
});

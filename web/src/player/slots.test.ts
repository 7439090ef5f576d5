import { describe, expect, it, vi } from "vitest";

import { bearable, LiveSlots } from "./slots";

const live = (slots: LiveSlots) => ["a", "b", "c", "d"].filter((device) => slots.has(device));

describe("LiveSlots", () => {
  it("gives what there is by place", () => {
    const slots = new LiveSlots(2);
    slots.want("c", 2);
    slots.want("a", 0);
    slots.want("b", 1);
    expect(live(slots)).toEqual(["a", "c"]); // c was first, and is not taken away from
    slots.release("c");
    expect(live(slots)).toEqual(["a", "b"]);
  });

  it("follows how many there may be, and tells only of a change", () => {
    const slots = new LiveSlots(Infinity);
    const heard = vi.fn();
    for (const [place, device] of ["a", "b", "c"].entries()) slots.want(device, place);
    slots.subscribe(heard);
    slots.want("a", 0);
    expect(heard).not.toHaveBeenCalled();
    slots.setMost(1);
    expect(live(slots)).toEqual(["a"]);
    slots.setMost(0);
    expect(live(slots)).toEqual([]);
    expect(heard).toHaveBeenCalledTimes(2);
  });
});

describe("a device", () => {
  it.each([
    ["a phone", true, 1],
    ["a desk", false, 4],
  ])("that is %s bears so many live", (_what, matches, most) => {
    vi.spyOn(window, "matchMedia").mockReturnValue({ matches } as MediaQueryList);
    expect(bearable()).toBe(most);
    vi.restoreAllMocks();
  });
});

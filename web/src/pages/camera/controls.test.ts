import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { ControlView } from "../../api/types";
import {
  freedBy,
  grouped,
  isSet,
  keptOtherwise,
  lookOf,
  overlaid,
  Sender,
  wordsOf,
  type Wanted,
} from "./controls";

const control = (more: Partial<ControlView>): ControlView => ({
  name: "brightness",
  label: "Brightness",
  group: "User Controls",
  type: "integer",
  value: 3,
  default: 0,
  min: -10,
  max: 10,
  step: 1,
  ...more,
});
const auto = control({
  name: "auto_exposure",
  label: "Auto Exposure",
  type: "menu",
  value: 3,
  menu: [
    { value: 1, label: "Manual Mode" },
    { value: 3, label: "Aperture Priority Mode" },
  ],
});

describe("lookOf", () => {
  it("shows each type as what it is, and leaves out what has no value", () => {
    expect(lookOf(control({}))).toBe("slider");
    expect(lookOf(control({ min: 5, max: 5 }))).toBe("fact");
    expect(lookOf(control({ type: "boolean", value: true }))).toBe("switch");
    expect(lookOf(auto)).toBe("menu");
    expect(lookOf(control({ type: "integer_menu" }))).toBe("menu");
    expect(lookOf(control({ type: "integer64", value: "9" }))).toBe("number");
    expect(lookOf(control({ type: "bitmask" }))).toBe("number");
    expect(lookOf(control({ type: "string", value: "" }))).toBe("text");
    expect(lookOf(control({ read_only: true }))).toBe("fact");
    expect(lookOf({ ...control({ type: "button" }), value: null })).toBe("button");
    expect(lookOf({ ...control({}), value: null })).toBeNull();
    expect(lookOf(control({ type: "array", value: [1, 2] }))).toBeNull();
  });
});

describe("words", () => {
  it("of a menu are its item's; an inactive control says which value lets go of it", () => {
    expect(wordsOf(auto, 1)).toBe("Manual Mode");
    expect(wordsOf(control({}), 7)).toBe("7");
    expect(wordsOf(control({}), false)).toBe("Off");
    expect(freedBy({ name: "auto_exposure", values: [1] }, [auto])).toEqual({
      label: "Auto Exposure",
      value: "Manual Mode",
    });
    expect(freedBy({ name: "gone", values: [1] }, [auto])).toBeNull();
  });
});

describe("what is set", () => {
  it("can be given back where it is kept, or is not the default", () => {
    expect(isSet(control({ value: 0 }))).toBe(false);
    expect(isSet(control({ value: 0, kept: 0 }))).toBe(true);
    expect(isSet(control({ value: 1 }))).toBe(true);
  });
  it("elsewhere is told, but for what an automatic control has", () => {
    expect(keptOtherwise(control({ kept: 5 }))).toBe(5);
    expect(keptOtherwise(control({ kept: 3 }))).toBeUndefined();
    expect(keptOtherwise(control({}))).toBeUndefined();
    expect(keptOtherwise(control({ kept: 5, inactive: true }))).toBeUndefined();
  });
});

describe("lists", () => {
  it("show what was told since, and nothing older than the answer", () => {
    const told = { brightness: { at: 10, control: control({ value: 9 }) } };
    expect(overlaid([control({})], 5, told)[0]?.value).toBe(9);
    expect(overlaid([control({})], 11, told)[0]?.value).toBe(3);
  });
  it("are by group", () => {
    const other = control({ name: "zoom", group: "Camera Controls" });
    expect(grouped([control({}), other, auto]).map(([name, members]) => [name, members.length])).toEqual([
      ["User Controls", 2],
      ["Camera Controls", 1],
    ]);
  });
});

describe("Sender", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("sends what is moved now and then, the newest of each, one call at a time", async () => {
    const sent: Wanted[] = [];
    const answers: (() => void)[] = [];
    const sender = new Sender();
    sender.send = (wanted) => {
      sent.push(wanted);
      return new Promise((resolve) => answers.push(resolve));
    };
    for (let value = 1; value <= 5; value++) sender.set({ brightness: value });
    expect(sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(150);
    expect(sent).toEqual([{ brightness: 5 }]);
    sender.set({ brightness: 6 });
    sender.set({ gain: 1 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent).toHaveLength(1);
    answers[0]?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(sent).toEqual([{ brightness: 5 }, { brightness: 6, gain: 1 }]);
  });

  it("sends at once what is not moved but chosen, with what waits", async () => {
    const sent: Wanted[] = [];
    const sender = new Sender();
    sender.send = (wanted) => Promise.resolve(void sent.push(wanted));
    sender.set({ brightness: 5 });
    sender.set({ auto_exposure: 1 }, "once");
    expect(sent).toEqual([{ brightness: 5, auto_exposure: 1 }]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent).toHaveLength(1);
  });
});

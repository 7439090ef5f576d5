import { describe, expect, it } from "vitest";

import type { ScheduleView } from "../../api/types";
import { faultOf, formOf, paramsOf } from "./schedule-form";
import { EMPTY } from "./week";

const known: ScheduleView = {
  device: "camera0",
  mode: "continuous",
  schedule: [],
  time_zone: "UTC",
  held: false,
  keep_gb: 2.5,
  pre_record_s: 5,
};

describe("a schedule", () => {
  it("is saved as it was, ring and seconds before included, where nothing was changed", () => {
    expect(paramsOf("camera0", formOf(known))).toEqual({
      device: "camera0",
      mode: "continuous",
      keep_gb: 2.5,
      pre_record_s: 5,
    });
  });

  it("that is new keeps a day when it records always", () => {
    const form = { ...formOf(undefined), mode: "continuous" as const };
    expect(paramsOf("camera0", form)).toEqual({ device: "camera0", mode: "continuous", keep_hours: 24 });
  });

  it("sends windows and ring in their own mode alone", () => {
    const form = { ...formOf(known), windows: [EMPTY] };
    expect(paramsOf("camera0", { ...form, mode: "off" })).toEqual({
      device: "camera0",
      mode: "off",
      pre_record_s: 5,
    });
    expect(paramsOf("camera0", { ...form, mode: "schedule", before: "" })).toEqual({
      device: "camera0",
      mode: "schedule",
      schedule: [EMPTY],
    });
  });

  it("says what stands wrongly in it", () => {
    const form = formOf(known);
    expect(faultOf(form)).toBeNull();
    expect(faultOf({ ...form, hours: "0,5" })).toBe("hours");
    expect(faultOf({ ...form, hours: "1,5" })).toBeNull();
    expect(faultOf({ ...form, gigabytes: "much" })).toBe("bytes");
    expect(faultOf({ ...form, before: "61" })).toBe("before");
    expect(faultOf({ ...form, before: "1.5" })).toBe("before");
    expect(faultOf({ ...form, mode: "schedule", windows: [] })).toBe("none");
    expect(faultOf({ ...form, mode: "off", hours: "no" })).toBeNull();
  });
});

import { describe, expect, it } from "vitest";

import type { FileView } from "../../api/types";
import { bars, dayOf } from "./timeline";

const day = dayOf(new Date(2026, 5, 10, 15).getTime());
const file = (hour: number, duration: number, status = "FINISHED"): FileView => ({
  filename: `f${hour}`,
  file_size: 1,
  modified_time: "",
  created_time: new Date(day.from + hour * 3_600_000).toISOString(),
  device: "camera0",
  download_url: "",
  format: "mp4",
  status,
  duration,
});

describe("timeline", () => {
  it("has a day from midnight to midnight", () => {
    expect(new Date(day.from).getHours()).toBe(0);
    expect(new Date(day.to).getDate()).toBe(11);
  });

  it("puts what was recorded in its place, cut at the day's ends", () => {
    const now = day.from + 12 * 3_600_000;
    const found = bars([file(6, 3600), file(-1, 7200), file(30, 10), file(11, 0, "RECORDING")], day, now);
    expect(found.map(({ from, to }) => [from * 24, to * 24])).toEqual([
      [0, 1],
      [6, 7],
      [11, 12],
    ]);
  });
});

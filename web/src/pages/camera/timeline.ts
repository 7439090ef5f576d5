// Recordings of a day as shares of it.

import type { FileView } from "../../api/types";

export interface Bar {
  file: FileView;
  /** 0 to 1 of the day. */
  from: number;
  to: number;
}

/** Midnight before a point of time, and the one after it, in ms; a day may have 23 or 25 hours. */
export function dayOf(at: number): { from: number; to: number } {
  const day = new Date(at);
  day.setHours(0, 0, 0, 0);
  const next = new Date(day);
  next.setDate(next.getDate() + 1);
  return { from: day.getTime(), to: next.getTime() };
}

/** What of each file falls into the day, in the order of time. */
export function bars(files: readonly FileView[], day: { from: number; to: number }, now: number): Bar[] {
  const whole = day.to - day.from;
  return files
    .map((file) => {
      const start = new Date(file.created_time).getTime();
      const end = file.status === "RECORDING" ? now : start + (file.duration ?? 0) * 1000;
      return { file, from: (start - day.from) / whole, to: (end - day.from) / whole };
    })
    .filter(({ from, to }) => to >= 0 && from < 1)
    .map((bar) => ({ ...bar, from: Math.max(0, bar.from), to: Math.min(1, bar.to) }))
    .sort((one, other) => one.from - other.from);
}

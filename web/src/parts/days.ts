// Days as the reader's calendar has them: "2026-11-29", from midnight to midnight, 23 or 25 hours where clocks change.

export type Day = string;

export function dayOf(when: string | number | Date): Day {
  const date = new Date(when);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function at(day: Day, daysOn: number): number {
  const [year = 1970, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + daysOn).getTime();
}

/** When it begins, in ms. */
export const startOf = (day: Day): number => at(day, 0);
/** When it is over, in ms. */
export const endOf = (day: Day): number => at(day, 1);
/** A day so many before or after. */
export const shifted = (day: Day, days: number): Day => dayOf(at(day, days));

export interface Stretch {
  /** Shares of the day, 0 to 1. */
  from: number;
  to: number;
}

/** Where something lies on a day's line; null where it is on another day. */
export function onDay(day: Day, startedAt: number, seconds: number): Stretch | null {
  const start = startOf(day);
  const length = endOf(day) - start;
  const from = (startedAt - start) / length;
  const to = (startedAt + seconds * 1000 - start) / length;
  if (to < 0 || from >= 1) return null;
  return { from: Math.max(0, from), to: Math.min(1, Math.max(to, from)) };
}

/** The full hours of a day that get a mark: every `step` hours, with where they lie. */
export function hoursOf(day: Day, step: number): { at: number; share: number }[] {
  const start = startOf(day);
  const length = endOf(day) - start;
  const [year = 1970, month = 1, date = 1] = day.split("-").map(Number);
  const marks = [];
  for (let hour = 0; hour <= 24; hour += step) {
    const when = new Date(year, month - 1, date, hour).getTime();
    marks.push({ at: when, share: (when - start) / length });
  }
  return marks;
}

// The windows of a weekly schedule as a form has them.

import type { Window } from "../../api/types";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type WeekDay = (typeof DAYS)[number];

export const EMPTY: Window = { days: ["mon", "tue", "wed", "thu", "fri"], from: "08:00", to: "18:00" };

/** The name of a day, short, as the locale has it; 2024-01-01 was a Monday. */
export function dayName(day: WeekDay, locale: string): string {
  const date = new Date(Date.UTC(2024, 0, 1 + DAYS.indexOf(day)));
  return new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" }).format(date);
}

/** The same window with a day more or less, in the order of the week. */
export function withDay(window: Window, day: WeekDay, on: boolean): Window {
  const days = DAYS.filter((each) => (each === day ? on : window.days.includes(each)));
  return { ...window, days };
}

/** What is wrong with windows: one without a day, or without a time; null when nothing is. */
export function wrongWith(windows: readonly Window[]): "days" | "times" | "none" | null {
  if (!windows.length) return "none";
  if (windows.some(({ days }) => !days.length)) return "days";
  if (windows.some(({ from, to }) => !from || !to)) return "times";
  return null;
}

/** It goes on after midnight. */
export function goesOverMidnight({ from, to }: Pick<Window, "from" | "to">): boolean {
  return to <= from;
}

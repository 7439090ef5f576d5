// Times, sizes and rates as people of the language write them.

import { currentLocale } from ".";

const cache = new Map<string, unknown>();

function made<T>(kind: string, options: object, make: (locale: string) => T): T {
  const locale = currentLocale();
  const key = `${locale} ${kind} ${JSON.stringify(options)}`;
  let found = cache.get(key) as T | undefined;
  if (!found) cache.set(key, (found = make(locale)));
  return found;
}

function dated(when: string | number | Date, options: Intl.DateTimeFormatOptions): string {
  const date = new Date(when);
  if (Number.isNaN(date.getTime())) return "–";
  return made("date", options, (locale) => new Intl.DateTimeFormat(locale, options)).format(date);
}

export function number(value: number, digits = 0): string {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return made("number", options, (locale) => new Intl.NumberFormat(locale, options)).format(value);
}

/** A share of 0 to 1. */
export function percent(share: number, digits = 0): string {
  const options = { style: "percent", maximumFractionDigits: digits } as const;
  return made("number", options, (locale) => new Intl.NumberFormat(locale, options)).format(share);
}

export const date = (when: string | number | Date): string =>
  dated(when, { year: "numeric", month: "short", day: "numeric" });
/** A day of this year without its year. */
export function day(at: string | number | Date, now: number = Date.now()): string {
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const date = { weekday: "long", day: "numeric", month: "long" } as const;
  return dated(at, isThisYear ? date : { ...date, year: "numeric" });
}
export const time = (when: string | number | Date): string =>
  dated(when, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
export const shortTime = (when: string | number | Date): string =>
  dated(when, { hour: "2-digit", minute: "2-digit" });
export const dateTime = (when: string | number | Date): string =>
  dated(when, { dateStyle: "medium", timeStyle: "medium" });

/** A point of time near now without its day, any other with it. */
export function when(at: string | number | Date, now: number = Date.now()): string {
  const then = new Date(at);
  return then.toDateString() === new Date(now).toDateString() ? time(then) : dateTime(then);
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"] as const;

function scaled(value: number, suffix: string): string {
  let step = 0;
  let left = Math.abs(value);
  while (left >= 999.5 && step < UNITS.length - 1) {
    left /= 1000;
    step += 1;
  }
  const options = {
    style: "unit",
    unit: `${UNITS[step] ?? "byte"}${suffix}`,
    unitDisplay: step ? "short" : "long",
    maximumFractionDigits: step && left < 99.5 ? 1 : 0,
  } as const;
  return made("number", options, (locale) => new Intl.NumberFormat(locale, options)).format(
    Math.sign(value) * left,
  );
}

/** Bytes, in steps of a thousand. */
export const size = (bytes: number): string => scaled(bytes, "");

/** Bit/s, in steps of a thousand. */
export function bitRate(bitsPerSecond: number): string {
  const mega = bitsPerSecond >= 999_500;
  return `${number(bitsPerSecond / (mega ? 1e6 : 1e3), mega ? 1 : 0)} ${mega ? "Mbit/s" : "kbit/s"}`;
}

export function milliseconds(ms: number): string {
  return ms < 10_000 ? `${number(ms)} ms` : `${number(ms / 1000, 1)} s`;
}

/** A length in seconds as a clock shows it: 0:07, 12:34, 1:02:03. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A length in seconds in words: 2 min, 3 h, 5 days. */
export function span(seconds: number): string {
  const [value, unit] =
    seconds < 90
      ? [seconds, "second"]
      : seconds < 90 * 60
        ? [seconds / 60, "minute"]
        : seconds < 36 * 3600
          ? [seconds / 3600, "hour"]
          : [seconds / 86400, "day"];
  const options = { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 } as const;
  return made("number", options, (locale) => new Intl.NumberFormat(locale, options)).format(
    Math.round(value),
  );
}

/** How long ago, in words: 5 seconds ago, yesterday. */
export function ago(at: string | number | Date, now: number = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  const options = { numeric: "auto" } as const;
  const format = made("ago", options, (locale) => new Intl.RelativeTimeFormat(locale, options));
  const size = Math.abs(seconds);
  if (size < 60) return format.format(Math.round(seconds), "second");
  if (size < 3600) return format.format(Math.round(seconds / 60), "minute");
  if (size < 86400) return format.format(Math.round(seconds / 3600), "hour");
  return format.format(Math.round(seconds / 86400), "day");
}

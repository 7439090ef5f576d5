// What this browser's user has chosen; kept in this browser, where it may keep something.

import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";

export type Theme = "system" | "light" | "dark";
/** Which tiles show live video: all, as many as the device bears, or none. */
export type LiveTiles = "all" | "some" | "none";
export type Way = "auto" | "webrtc" | "hls" | "pictures";

export interface Settings {
  theme: Theme;
  /** Code of a language, null for the browser's. */
  language: string | null;
  liveTiles: LiveTiles;
  /** Cameras in the order of somebody's hand; those that are not here come after, by their number. */
  order: readonly string[];
  hidden: readonly string[];
  /** Camera to the name of its group. */
  groups: Readonly<Record<string, string>>;
  way: Way;
  /** Single keys do something. */
  keys: boolean;
}

const PLACE = "camsvc.settings";

const initial: Settings = {
  theme: "system",
  language: null,
  liveTiles: "some",
  order: [],
  hidden: [],
  groups: {},
  way: "auto",
  keys: true,
};

const words = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];

function oneOf<T extends string>(value: unknown, all: readonly T[], otherwise: T): T {
  return all.includes(value as T) ? (value as T) : otherwise;
}

/** Settings out of what was kept; whatever is not as it should be is as at the beginning. */
export function read(text: string | null): Settings {
  let kept: Partial<Record<keyof Settings, unknown>> = {};
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    if (typeof value === "object" && value) kept = value;
  } catch {
    return initial;
  }
  const groups = typeof kept.groups === "object" && kept.groups ? Object.entries(kept.groups) : [];
  return {
    theme: oneOf(kept.theme, ["system", "light", "dark"], initial.theme),
    language: typeof kept.language === "string" ? kept.language : null,
    liveTiles: oneOf(kept.liveTiles, ["all", "some", "none"], initial.liveTiles),
    order: words(kept.order),
    hidden: words(kept.hidden),
    groups: Object.fromEntries(
      groups.filter((pair): pair is [string, string] => typeof pair[1] === "string"),
    ),
    way: oneOf(kept.way, ["auto", "webrtc", "hls", "pictures"], initial.way),
    keys: kept.keys !== false,
  };
}

function load(): Settings {
  try {
    return read(localStorage.getItem(PLACE));
  } catch {
    return initial; // this browser keeps nothing
  }
}

export const settings = createStore<Settings>(load);

export function change(changed: Partial<Settings>): void {
  settings.setState(changed);
  try {
    localStorage.setItem(PLACE, JSON.stringify(settings.getState()));
  } catch {
    // it holds until the page is closed
  }
}

export function useSettings<T>(select: (all: Settings) => T): T {
  return useStore(settings, select);
}

/** Cameras in the order of the settings, without those that are hidden unless `all`. */
export function ordered<T extends { device: string }>(
  cameras: readonly T[],
  { order, hidden }: Pick<Settings, "order" | "hidden">,
  all = false,
): T[] {
  const place = (device: string) => {
    const at = order.indexOf(device);
    return at < 0 ? order.length + Number(device.replace(/\D/g, "")) : at;
  };
  return cameras
    .filter(({ device }) => all || !hidden.includes(device))
    .sort((one, other) => place(one.device) - place(other.device));
}

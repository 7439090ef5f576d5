// The disk of the recordings: what is wrong with it, what that does to recordings, and what to do.

import type { StorageUpdate } from "../api/types";
import { t } from "../i18n";
import { size } from "../i18n/format";

const STATES = ["low", "full", "read_only", "gone", "foreign"] as const;

export interface DiskTrouble {
  state: (typeof STATES)[number];
  what: string;
  todo: string;
}

/** null where nothing keeps recordings from the disk. */
export function diskTrouble({
  state,
  available_space: free,
  required_space: needed,
}: Omit<StorageUpdate, "message">): DiskTrouble | null {
  const found = STATES.find((each) => each === state);
  if (!found) return null;
  const what = t(`system.disk.${found}`, { free: size(free), needed: size(needed) });
  return { state: found, what, todo: t(`system.disk.${found}.do`) };
}

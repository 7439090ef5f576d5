// The kinds of files that the library has, and the methods of each.

import type { FileView } from "../api/types";

export type FileKind = "recordings" | "snapshots" | "exports";

export const KINDS = {
  recordings: { list: "list_recordings", remove: "delete_recording" },
  snapshots: { list: "list_snapshots", remove: "delete_snapshot" },
  exports: { list: "list_exports", remove: "delete_export" },
} as const satisfies Record<FileKind, object>;

export function isKind(word: string | undefined): word is FileKind {
  return word !== undefined && word in KINDS;
}

/** It can be played, downloaded and deleted: it is neither under way nor being finished. */
export function isDone({ status }: Pick<FileView, "status">): boolean {
  return status !== "RECORDING" && status !== "FINISHING";
}

// Files that somebody has deleted: for ten seconds that can be taken back, then camsvc deletes them.

import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";

import { Failure } from "../api/failure";
import { t, tn } from "../i18n";
import { call } from "./connection";
import { KINDS, type FileKind } from "./kinds";
import { complain, dismiss, notify } from "./notices";

export const UNDO_MS = 10_000;
const AT_ONCE = 4;

/** By kind and name: those that are shown as good as gone. */
const doomed = createStore<ReadonlySet<string>>(() => new Set());

export const keyOf = (kind: FileKind, filename: string): string => `${kind}/${filename}`;

export function useDoomed(): ReadonlySet<string> {
  return useStore(doomed);
}

function change(kind: FileKind, names: readonly string[], isDoomed: boolean): void {
  const now = new Set(doomed.getState());
  for (const name of names) {
    if (isDoomed) now.add(keyOf(kind, name));
    else now.delete(keyOf(kind, name));
  }
  doomed.setState(now, true);
}

const heard = new Set<() => void>();

/** Hear when files are gone, until the returned function is called: camsvc tells of no deletion. */
export function onDeleted(listener: () => void): () => void {
  heard.add(listener);
  return () => heard.delete(listener);
}

/** Delete files in ten seconds, unless that is taken back. */
export function deleteLater(kind: FileKind, names: readonly string[]): void {
  change(kind, names, true);
  const timer = setTimeout(() => {
    dismiss(notice);
    void deleteNow(kind, names);
  }, UNDO_MS);
  const notice = notify({
    kind: "info",
    text: tn("library.deleting", names.length),
    lastsMs: UNDO_MS,
    actions: [
      {
        label: t("library.undo"),
        run: () => {
          clearTimeout(timer);
          change(kind, names, false);
        },
      },
    ],
  });
}

async function deleteNow(kind: FileKind, names: readonly string[]): Promise<void> {
  const left = [...names];
  const failures: unknown[] = [];
  const work = async () => {
    for (let filename = left.pop(); filename !== undefined; filename = left.pop()) {
      try {
        await call(KINDS[kind].remove, { filename });
      } catch (why) {
        if (Failure.from(why).reason !== "not_found") failures.push(why);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  change(kind, names, false);
  for (const each of heard) each();
  if (failures.length) complain(tn("library.delete.failed", failures.length), failures[0]);
}

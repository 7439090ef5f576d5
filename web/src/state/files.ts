// The recordings and snapshots that there are, as a page looks at them.

import { useEffect, useReducer, useState } from "react";

import { BASE } from "../api/base";
import type { FileView, NotificationName, RecordingPart } from "../api/types";
import { call, listen } from "./connection";
import { useAnswer, type Known } from "./answers";
import { onDeleted } from "./deletions";
import { isDone, KINDS, type FileKind } from "./kinds";
import { PagedFiles } from "./paged-files";
import { store, useApp } from "./store";

export interface FileQuery {
  kind: FileKind;
  /** Of one camera alone. */
  device?: string | undefined;
  /** Made at this time or later, in ms, and before that one. */
  from?: number | undefined;
  to?: number | undefined;
  /** A part of the name. */
  search?: string | undefined;
}

/** camsvc tells when a recording begins and when its file is there: how far it is in between has to be asked. */
const LOOK_AT_JOINING_MS = 1000;
const LOOK_AT_OTHERS_MS = 5000;

/** When to ask again how far files are, in ms; undefined: all are finished. */
export function lookAgainMs(files: readonly { status?: string; progress?: number }[]): number | undefined {
  const unfinished = files.filter(({ status }) => !isDone({ status: status ?? "" }));
  if (!unfinished.length) return undefined;
  return unfinished.some(({ progress }) => progress !== undefined) ? LOOK_AT_JOINING_MS : LOOK_AT_OTHERS_MS;
}

/** Do something once, when it is time for it. */
function useSoon(run: () => void, afterMs: number | undefined, reason: unknown): void {
  useEffect(() => {
    if (afterMs === undefined) return;
    const timer = setTimeout(run, afterMs);
    return () => clearTimeout(timer);
    // what is to be done is always the same; each answer is a reason
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [afterMs, reason]);
}

const CHANGES: readonly NotificationName[] = [
  "recording_status_update",
  "recording.stop",
  "recording.error",
  "library.protection",
  "library.cleanup",
  "export.progress",
  "move.progress",
  "snapshot.taken",
];

function paramsOf({ device, from, to, search }: FileQuery, offset: number, limit: number) {
  return {
    offset,
    limit,
    ...(device ? { device } : {}),
    ...(from === undefined ? {} : { from: new Date(from).toISOString() }),
    ...(to === undefined ? {} : { to: new Date(to).toISOString() }),
    ...(search ? { search } : {}),
  };
}

/** Every file that a query finds, newest first. */
export async function allFiles(query: FileQuery): Promise<FileView[]> {
  const found: FileView[] = [];
  for (;;) {
    const { files, total } = await call(KINDS[query.kind].list, paramsOf(query, found.length, 1000));
    found.push(...files);
    if (!files.length || found.length >= total) return found;
  }
}

const KEPT_LISTS = 20;
/** By query: who comes back finds what was there, also when camsvc cannot be asked. */
const lists = new Map<string, PagedFiles>();
store.subscribe(({ session }, before) => {
  if (session.phase !== "in" && before.session.phase === "in") lists.clear();
});

function listOf(key: string, query: FileQuery): PagedFiles {
  const list =
    lists.get(key) ??
    new PagedFiles((offset, limit) => call(KINDS[query.kind].list, paramsOf(query, offset, limit)));
  lists.delete(key);
  lists.set(key, list);
  for (const oldest of lists.keys()) {
    if (lists.size <= KEPT_LISTS) break;
    lists.delete(oldest);
  }
  return list;
}

/** The list of a query, page by page; what is looked at is asked for again when something has changed. */
export function useFiles(query: FileQuery): PagedFiles {
  const key = JSON.stringify(query);
  const { phase, generation } = useApp(({ link }) => link);
  const [drawn, draw] = useReducer((n: number) => n + 1, 0);
  const [current, setCurrent] = useState(() => ({ key, list: listOf(key, query) }));
  if (current.key !== key) setCurrent({ key, list: listOf(key, query) });
  const list = current.list;

  useEffect(() => {
    list.shownTo(draw);
    return () => list.shownTo(null);
  }, [list]);
  useEffect(() => {
    if (phase === "lost" && list.total === undefined) list.refresh(); // it says why not
    if (phase !== "open") return;
    list.refresh();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        list.refresh();
      }, 300);
    };
    const unlisten = [onDeleted(soon), ...CHANGES.map((name) => listen(name, soon))];
    return () => {
      clearTimeout(timer);
      for (const each of unlisten) each();
    };
  }, [list, phase, generation]);
  useSoon(() => list.refresh(), phase === "open" ? lookAgainMs(list.looked()) : undefined, drawn);
  return list;
}

/** Have the browser download several files as one archive; what goes wrong is told in a window of its own. */
export function downloadTogether(kind: FileKind, names: readonly string[]): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = `${BASE}files.zip`;
  form.target = "_blank";
  form.hidden = true;
  for (const name of names) {
    const field = document.createElement("input");
    field.name = "file";
    field.value = `${kind}/${name}`;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
  form.remove();
}

/** What is known of one file. */
export interface FileInfo {
  filename: string;
  file_size: number;
  created_time: string;
  device: string;
  download_url: string;
  status?: string;
  duration?: number;
  codec?: string;
  width?: number;
  height?: number;
  protected?: boolean;
  archived?: boolean;
  sound?: string;
  parts?: readonly RecordingPart[];
  /** How much of one that is being finished is in its file, 0 to 1. */
  progress?: number;
}

/** One file, as it is by now. */
export function useFile(kind: FileKind, filename: string): Known<FileInfo | undefined> {
  const recording = useAnswer(
    "get_recording_info",
    { filename },
    {
      on: ["recording_status_update", "recording.stop", "library.protection", "move.progress"],
      when: kind === "recordings",
    },
  );
  const snapshot = useAnswer("get_snapshot_info", { filename }, { when: kind === "snapshots" });
  const exports = useAnswer(
    "list_exports",
    { search: filename.slice(0, 100), limit: 1000 },
    { on: ["export.progress"], when: kind === "exports" },
  );
  useSoon(recording.again, recording.value && lookAgainMs([recording.value]), recording.at);
  if (kind === "recordings") return recording;
  if (kind === "snapshots") return snapshot;
  return { ...exports, value: exports.value?.files.find((file) => file.filename === filename) };
}

export interface Neighbours {
  older: FileView | null;
  newer: FileView | null;
}

/** The files of the same camera just before and after one. */
export async function neighbours(
  kind: FileKind,
  { device, created_time: at }: Pick<FileView, "device" | "created_time">,
): Promise<Neighbours> {
  const method = KINDS[kind].list;
  const camera = device ? { device } : {};
  const [before, since] = await Promise.all([
    call(method, { ...camera, to: at, limit: 1 }),
    call(method, { ...camera, from: at, limit: 1 }),
  ]);
  // Newest first: of those since then the last is the file itself, the last but one the next.
  const next =
    since.total > 1 ? await call(method, { ...camera, from: at, offset: since.total - 2, limit: 1 }) : null;
  return { older: before.files[0] ?? null, newer: next?.files[0] ?? null };
}

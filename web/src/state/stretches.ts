// When recordings were really recorded: a long one is several files, and between two of them something may be missing.

import { useEffect, useState } from "react";

import type { FileView, RecordingPart } from "../api/types";
import { call } from "./connection";

/** A pause between two files that is longer is a gap. */
const SEAM_S = 2;

export interface RecordedStretch {
  /** In ms. */
  startedAt: number;
  seconds: number;
  /** Nothing was recorded in it. */
  gap: boolean;
}

type PartTimes = Pick<RecordingPart, "created_time" | "duration">;

const at = (time: string) => new Date(time).getTime();

/** What a recording covers of time, with the gaps between its files. `parts` is empty where it is one file. */
export function stretchesOf(file: FileView, parts: readonly PartTimes[], now: number): RecordedStretch[] {
  const startedAt = at(file.created_time);
  if (parts.length < 2) {
    const seconds = file.status === "RECORDING" ? (now - startedAt) / 1000 : (file.duration ?? 0);
    return [{ startedAt, seconds, gap: false }];
  }
  const all: RecordedStretch[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    const begins = at(part.created_time);
    const ended = last && last.startedAt + last.seconds * 1000;
    if (ended !== undefined && begins - ended > SEAM_S * 1000)
      all.push({ startedAt: ended, seconds: (begins - ended) / 1000, gap: true });
    all.push({ startedAt: begins, seconds: part.duration ?? 0, gap: false });
  }
  return all;
}

/** From the begin of the first to the end of the last, in ms; null where there are none. */
export function spanOf(stretches: readonly RecordedStretch[]): { began: number; ended: number } | null {
  if (!stretches.length) return null;
  return {
    began: Math.min(...stretches.map(({ startedAt }) => startedAt)),
    ended: Math.max(...stretches.map(({ startedAt, seconds }) => startedAt + seconds * 1000)),
  };
}

/** The files of those recordings that have several; those of the others are none. */
export function useParts(files: readonly FileView[]): ReadonlyMap<string, readonly RecordingPart[]> {
  const [known, setKnown] = useState<ReadonlyMap<string, readonly RecordingPart[]>>(new Map());
  const wanted = files.filter(({ segments }) => (segments ?? 1) > 1).map((file) => file.filename);
  const key = wanted.join("\n");
  useEffect(() => {
    if (!key) return;
    let over = false;
    const ask = async () => {
      for (const filename of key.split("\n")) {
        const { parts = [] } = await call("get_recording_info", { filename });
        if (over) return;
        setKnown((before) => new Map(before).set(filename, parts));
      }
    };
    ask().catch(() => undefined); // without them a recording is drawn in one piece
    return () => {
      over = true;
    };
  }, [key]);
  return known;
}

// Small pictures of a recording for scrubbing: which part of which picture is of which time (WebVTT with the media
// fragment xywh, https://www.w3.org/TR/media-frags/#naming-space).

import { BASE } from "./base";

export interface Cue {
  /** In s. */
  from: number;
  to: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Strip {
  picture: string;
  cues: readonly Cue[];
}

const TIMES = /^([\d:.]+) --> ([\d:.]+)/;
const PLACE = /#xywh=(\d+),(\d+),(\d+),(\d+)$/;

function secondsOf(clock: string): number {
  return clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

export function cuesOf(vtt: string): Cue[] {
  return vtt.split("\n\n").flatMap((block) => {
    const times = TIMES.exec(block);
    const place = PLACE.exec(block.trim());
    if (!times || !place) return [];
    const [x = 0, y = 0, width = 0, height = 0] = place.slice(1).map(Number);
    return [{ from: secondsOf(times[1] ?? ""), to: secondsOf(times[2] ?? ""), x, y, width, height }];
  });
}

/** The cue of a time; before the first and after the last the nearest. */
export function cueAt(cues: readonly Cue[], seconds: number): Cue | undefined {
  return cues.find(({ to }) => seconds < to) ?? cues.at(-1);
}

function shown(url: string): Promise<boolean> {
  return new Promise((done) => {
    const image = new Image();
    image.onload = () => done(true);
    image.onerror = () => done(false);
    image.src = url;
  });
}

/** The strip of a recording's file, which camsvc makes when it is asked for; null where it has none. */
export async function loadStrip(filename: string): Promise<Strip | null> {
  const base = `${BASE}files/strips/${encodeURIComponent(filename)}`;
  try {
    const response = await fetch(`${base}.vtt`);
    if (!response.ok) return null;
    const cues = cuesOf(await response.text());
    const picture = `${base}.jpg`;
    return cues.length && (await shown(picture)) ? { picture, cues } : null;
  } catch {
    return null; // without it one scrubs by the time alone
  }
}

// What the players of this page have measured: how soon the first picture came by each way, and how often one stood still.

import type { WayName } from "./ways/way";

const KEPT = 50;

export interface WayFigures {
  /** From asking to the first picture, in ms, the newest last. */
  readonly firstMs: readonly number[];
  /** How often it did not work at all. */
  readonly failures: number;
  /** How often it stood still and was begun anew. */
  readonly stalls: number;
}

const all = new Map<WayName, { firstMs: number[]; failures: number; stalls: number }>();

function of(way: WayName) {
  const found = all.get(way) ?? { firstMs: [], failures: 0, stalls: 0 };
  all.set(way, found);
  return found;
}

export function firstPicture(way: WayName, ms: number): void {
  const { firstMs } = of(way);
  firstMs.push(ms);
  if (firstMs.length > KEPT) firstMs.shift();
}

export function failure(way: WayName): void {
  of(way).failures += 1;
}

export function stall(way: WayName): void {
  of(way).stalls += 1;
}

export function playerFigures(): ReadonlyMap<WayName, WayFigures> {
  return all;
}

// Ways that did not work while another did: they are left out for a while, then tried beside the one that works.

import type { Failure } from "../api/failure";
import type { WayName, Why } from "./ways/way";

/** So long a way is left out. */
export const LEFT_OUT_MS = 60_000;

export interface Note {
  readonly why: Why;
  readonly failure?: Failure | undefined;
  /** When it may be tried again, in ms. */
  until: number;
}

export class Notes {
  private readonly all = new Map<WayName, Note>();

  put(way: WayName, note: Pick<Note, "why" | "failure">): void {
    this.all.set(way, { ...note, until: Date.now() + LEFT_OUT_MS });
  }

  get(way: WayName): Note | undefined {
    return this.all.get(way);
  }

  forget(way: WayName): void {
    this.all.delete(way);
  }

  forgetAll(): void {
    this.all.clear();
  }
}

/** What this browser or network cannot do: the same for all cameras. */
export const everywhere = new Notes();

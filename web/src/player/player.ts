// One camera's picture: by the best way that works, begun anew whenever it stops moving, and left for a better one as
// soon as that works again. Meanwhile the last picture stays, and it is known how old it is.

import { backOff } from "../api/backoff";
import type { Failure } from "../api/failure";
import { failure, firstPicture, stall } from "./figures";
import { Freeze } from "./freeze";
import { keepPicture, lastPicture } from "./last-pictures";
import { everywhere, LEFT_OUT_MS, Notes } from "./notes";
import { HlsVideo } from "./ways/hls";
import { Pictures } from "./ways/pictures";
import {
  NoWay,
  Refused,
  type Screen,
  type Stats,
  type Way,
  type WayClass,
  type WayName,
  type Why,
} from "./ways/way";
import { WebRtc } from "./ways/webrtc";

export type { Stats, WayName, Why } from "./ways/way";

const CHECK_MS = 1000;
const STALLED_MS: Readonly<Record<WayName, number>> = { webrtc: 4000, hls: 8000, pictures: 12_000 };
/** A picture that is older is no live one, and is marked so. */
const OLD_MS: Readonly<Record<WayName, number>> = { webrtc: 2000, hls: 4000, pictures: 4000 };
const HIDDEN_MS = 30_000;
/** The mark by which whoever measures the page sees a first picture. */
const FIRST = "first picture";

const ALL: readonly WayClass[] = [WebRtc, HlsVideo, Pictures];

/** Why there is no picture; of what camsvc refuses, all that it says. */
export interface Cause {
  readonly why: Why;
  readonly failure?: Failure | undefined;
}

/** Why a better way is not taken. */
export interface Reason extends Cause {
  readonly way: WayName;
}

export interface PlayerState {
  /**
   * waiting: for the first picture. moving: live. again: it was, and is begun anew. paused: nobody looks.
   * resting: somebody else says why there is none.
   */
  readonly phase: "waiting" | "moving" | "again" | "paused" | "resting";
  readonly way: WayName | null;
  readonly reasons: readonly Reason[];
  /** Why there is no live picture; null while there is. */
  readonly trouble: Cause | null;
  /** When the picture that is shown was new, in ms; null without one. */
  readonly pictureAt: number | null;
  /** What is shown is older than it should be. */
  readonly old: boolean;
  /** From asking to the first picture, in ms. */
  readonly firstMs: number | null;
}

export type Wish = "auto" | WayName;

const BEGIN: PlayerState = {
  phase: "waiting",
  way: null,
  reasons: [],
  trouble: null,
  pictureAt: null,
  old: false,
  firstMs: null,
};

export interface Stage extends Screen {
  /** Where the last picture stays. */
  readonly frozen: HTMLCanvasElement;
}

export class Player {
  state: PlayerState = BEGIN;
  private readonly heard = new Set<() => void>();
  private readonly device: string;
  private readonly stage: Stage;
  private readonly freeze: Freeze;
  private readonly own = new Notes();
  private readonly classes: readonly WayClass[];
  private wish: Wish;
  private way: Way | null = null;
  private trial: Way | null = null;
  private run = 0;
  private failures = 0;
  private checkTimer: ReturnType<typeof setInterval> | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private hiddenTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(device: string, stage: Stage, wish: Wish = "auto", classes: readonly WayClass[] = ALL) {
    this.device = device;
    this.stage = stage;
    this.freeze = new Freeze(stage.frozen);
    this.wish = wish;
    this.classes = classes;
    const last = lastPicture(device);
    if (last && this.freeze.take(last.picture)) this.state = { ...BEGIN, pictureAt: last.at, old: true };
    document.addEventListener("visibilitychange", this.onVisibility);
    addEventListener("pagehide", this.onPageHide);
  }

  readonly subscribe = (heard: () => void): (() => void) => {
    this.heard.add(heard);
    return () => this.heard.delete(heard);
  };

  /** Show it by these ways from now on. */
  wishFor(wish: Wish): void {
    if (wish === this.wish) return;
    this.wish = wish;
    if (this.state.phase !== "resting" && this.state.phase !== "paused") void this.start();
  }

  async start(trouble: PlayerState["trouble"] = null): Promise<void> {
    const run = ++this.run;
    const again = this.state.pictureAt !== null;
    this.end();
    this.set({ phase: again ? "again" : "waiting", way: null, trouble, old: again });
    const reasons: (Reason & { notes?: Notes })[] = [];
    for (const Class of this.wished()) {
      const out = this.whyLeftOut(Class);
      if (out) {
        reasons.push(out);
        continue;
      }
      const way = (this.way = new Class(this.device, this.stage));
      const began = performance.now();
      try {
        await way.start();
      } catch (error) {
        way.stop();
        if (run !== this.run) return;
        failure(Class.way);
        if (error instanceof Refused && error.final) {
          this.later({ why: "refused", failure: error.failure });
          return;
        }
        if (error instanceof TypeError) {
          this.later({ why: "unreachable" });
          return;
        } // fetch: camsvc does not answer
        const why = error instanceof NoWay ? error.why : "no-picture";
        const notes = error instanceof Refused ? this.own : everywhere;
        const said = error instanceof Refused ? error.failure : undefined;
        reasons.push({ way: Class.way, why, failure: said, notes });
        continue;
      }
      if (run !== this.run) {
        way.stop();
        return;
      }
      this.shown(Class, reasons, performance.now() - began);
      return;
    }
    const last = reasons.at(-1);
    this.later({ why: last?.why ?? "no-picture", failure: last?.failure });
  }

  private wished(): readonly WayClass[] {
    return this.wish === "auto" ? this.classes : this.classes.filter(({ way }) => way === this.wish);
  }

  private whyLeftOut(Class: WayClass): Reason | null {
    const why = Class.impossible();
    if (why) return { way: Class.way, why };
    const note = this.wish === "auto" ? this.noteOf(Class.way) : undefined;
    return note && note.until > Date.now() ? { way: Class.way, why: note.why, failure: note.failure } : null;
  }

  private noteOf(way: WayName) {
    return this.own.get(way) ?? everywhere.get(way);
  }

  /** The picture moves. Ways that came before and failed while this one works are at fault, not the camera. */
  private shown(Class: WayClass, reasons: readonly (Reason & { notes?: Notes })[], firstMs: number): void {
    for (const { way, notes, ...note } of reasons) notes?.put(way, note);
    everywhere.forget(Class.way);
    this.own.forget(Class.way);
    this.failures = 0;
    firstPicture(Class.way, firstMs);
    performance.clearMarks(FIRST);
    performance.mark(FIRST, { detail: { device: this.device, way: Class.way, ms: firstMs } });
    const pictures = Class.way === "pictures";
    this.stage.video.hidden = pictures;
    this.stage.image.hidden = !pictures;
    this.freeze.melt();
    this.set({
      phase: "moving",
      way: Class.way,
      reasons: reasons.map(({ way, why, failure: said }) => ({ way, why, failure: said })),
      trouble: null,
      pictureAt: Date.now(),
      old: false,
      firstMs,
    });
    this.watch(Class.way);
  }

  /** Look whether frames come, and begin anew when they do not. */
  private watch(name: WayName): void {
    let frames = this.way?.frames() ?? -1;
    let since = performance.now();
    this.checkTimer = setInterval(() => {
      const now = this.way?.frames() ?? -1;
      const still = performance.now() - since;
      if (now >= 0 && (now !== frames || document.hidden)) {
        frames = now;
        since = performance.now();
        this.moves();
        if (!document.hidden) void this.better(name);
      } else if (now < 0 || still > STALLED_MS[name]) {
        stall(name);
        void this.start({ why: "stalled" });
      } else if (still > OLD_MS[name] && !this.state.old) this.set({ old: true });
    }, CHECK_MS);
  }

  private moves(): void {
    if (this.state.old) this.set({ old: false, pictureAt: Date.now() });
    else (this.state as { pictureAt: number }).pictureAt = Date.now(); // nobody is told each second
  }

  /** Begin anew once a better way works again. One camera tries it, out of sight; the others follow. */
  private async better(name: WayName): Promise<void> {
    const [Best] = this.wished();
    if (!Best || Best.way === name || Best.impossible() || this.trial) return;
    const run = this.run;
    const note = this.noteOf(Best.way);
    if (note && note.until > Date.now()) return;
    if (note && !(await this.works(Best, note))) return;
    if (run === this.run) void this.start();
  }

  private async works(Best: WayClass, note: { until: number }): Promise<boolean> {
    note.until = Date.now() + LEFT_OUT_MS;
    const video = document.createElement("video");
    Object.assign(video, { muted: true, autoplay: true, playsInline: true });
    const trial = (this.trial = new Best(this.device, { video, image: document.createElement("img") }));
    try {
      await trial.start();
      everywhere.forget(Best.way);
      this.own.forget(Best.way);
      return true;
    } catch {
      return false;
    } finally {
      trial.stop();
      this.trial = null;
    }
  }

  private later(trouble: Cause): void {
    this.end();
    this.set({ phase: this.state.pictureAt === null ? "waiting" : "again", trouble });
    const run = this.run;
    this.retryTimer = setTimeout(() => {
      if (run === this.run) void this.start(trouble);
    }, backOff(this.failures++));
  }

  /** How it comes just now; null while nothing moves. */
  async stats(): Promise<Stats | null> {
    return this.state.phase === "moving" && this.way ? this.way.stats() : null;
  }

  /** Nobody looks: the last picture stays, and the camera may sleep. */
  pause(): void {
    if (this.state.phase === "resting" || this.state.phase === "paused") return;
    this.run += 1;
    this.end();
    this.set({ phase: "paused", way: null, old: this.state.pictureAt !== null });
  }

  /** Somebody looks again. */
  resume(): void {
    if (this.state.phase === "paused") void this.start();
  }

  /** The camera cannot give a picture: try no more until start(). */
  rest(): void {
    this.run += 1;
    this.end();
    this.set({ phase: "resting", way: null, trouble: null, old: this.state.pictureAt !== null });
  }

  /** End it for good; whoever shows the camera next begins with its last picture. */
  stop(): void {
    clearTimeout(this.hiddenTimer);
    document.removeEventListener("visibilitychange", this.onVisibility);
    removeEventListener("pagehide", this.onPageHide);
    this.run += 1;
    if (this.state.pictureAt !== null) keepPicture(this.device, this.shownNow(), this.state.pictureAt);
    this.state = { ...this.state, phase: "resting" };
    this.end();
    this.freeze.melt();
    this.heard.clear();
  }

  /** End the way that runs; its last picture stays. */
  private end(): void {
    clearInterval(this.checkTimer);
    clearTimeout(this.retryTimer);
    if (this.state.phase === "moving") this.freeze.take(this.shownNow());
    this.trial?.stop();
    this.way?.stop();
    this.way = null;
    this.stage.video.hidden = this.stage.image.hidden = true;
  }

  /** What shows the newest picture. */
  private shownNow(): HTMLVideoElement | HTMLImageElement | HTMLCanvasElement {
    const { phase, way } = this.state;
    if (phase !== "moving") return this.stage.frozen;
    return way === "pictures" ? this.stage.image : this.stage.video;
  }

  private set(change: Partial<PlayerState>): void {
    this.state = { ...this.state, ...change };
    for (const each of this.heard) each();
  }

  private readonly onVisibility = (): void => {
    clearTimeout(this.hiddenTimer);
    if (document.hidden) this.hiddenTimer = setTimeout(() => this.pause(), HIDDEN_MS);
    else this.resume();
  };

  private readonly onPageHide = (): void => this.pause();
}

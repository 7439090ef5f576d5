// What every way of a camera's picture has in common.

import { Failure } from "../../api/failure";

/** So long camsvc may take to answer: it wakes a camera meanwhile. */
export const ANSWERED_MS = 25_000;

export type WayName = "webrtc" | "hls" | "pictures";

/** Why a way does not work here; `refused` comes with camsvc's own words. */
export type Why =
  | "no-webrtc"
  | "no-hls"
  | "udp-blocked"
  | "no-picture"
  | "hls-failed"
  | "hls-missing"
  | "ended"
  | "refused"
  | "unreachable"
  | "stalled";

/** Where the picture is drawn: a way uses the one that it needs. */
export interface Screen {
  readonly video: HTMLVideoElement;
  readonly image: HTMLImageElement;
}

/** How the picture comes just now; what a way cannot tell is absent. */
export interface Stats {
  width: number;
  height: number;
  fps?: number | undefined;
  bitsPerSecond?: number | undefined;
  /** From the camera's side of the network to the eye, without what the camera itself takes. */
  delayMs?: number | undefined;
  roundTripMs?: number | undefined;
  /** 0 to 1, of the packets since it began. */
  loss?: number | undefined;
  /** Frames that came and were not shown. */
  dropped?: number | undefined;
  codec?: string | undefined;
}

export interface Way {
  readonly name: WayName;
  /** Resolves once the picture moves; fails with Refused where camsvc says why not, or with NoWay. */
  start(): Promise<void>;
  /** How many frames there have been; below 0 when it is over. */
  frames(): number;
  stats(): Promise<Stats>;
  stop(): void;
}

export interface WayClass {
  readonly way: WayName;
  /** Why this browser cannot; null when it can. */
  impossible(): Why | null;
  new (device: string, screen: Screen): Way;
}

/** A way does not work. */
export class NoWay extends Error {
  readonly why: Why;

  constructor(why: Why, detail = "") {
    super(detail || why);
    this.why = why;
  }
}

/** camsvc says no; another way would be told the same where `final` is true. */
export class Refused extends NoWay {
  readonly status: number;
  readonly failure: Failure;

  constructor(status: number, failure: Failure) {
    super("refused", failure.message);
    this.status = status;
    this.failure = failure;
  }

  get final(): boolean {
    return this.status !== 400;
  }
}

export async function refusal(response: Response): Promise<Refused> {
  const { status } = response;
  const body: unknown = await response.json().catch(() => null);
  const error = (body as { error?: { message?: unknown } } | null)?.error;
  return new Refused(
    status,
    typeof error?.message === "string" ? Failure.from(error) : Failure.notCamsvc(status),
  );
}

/** What does not come within so many ms fails with `late`. */
export function within<T>(ms: number, promise: Promise<T>, late: NoWay): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const over = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(late), ms);
  });
  return Promise.race([promise, over]).finally(() => clearTimeout(timer));
}

/** A frame has been drawn after this was called. */
export function nextFrame(video: HTMLVideoElement): Promise<void> {
  return new Promise((done) => {
    if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(() => done());
    else (video as HTMLVideoElement).addEventListener("timeupdate", () => done(), { once: true });
  });
}

export function framesOf(video: HTMLVideoElement): number {
  return "getVideoPlaybackQuality" in video
    ? video.getVideoPlaybackQuality().totalVideoFrames
    : Math.floor((video as HTMLVideoElement).currentTime * 10);
}

/** How fast something that only grows does so, by two looks at it. */
export class Rate {
  private at = 0;
  private value = 0;

  /** Per second since the last look; undefined at the first. */
  of(value: number, now = performance.now()): number | undefined {
    const seconds = (now - this.at) / 1000;
    const grown = value - this.value;
    const first = this.at === 0;
    if (!first && seconds < 0.2) return undefined;
    this.at = now;
    this.value = value;
    return first || grown < 0 ? undefined : grown / seconds;
  }
}

// How long a picture of a video lasts, as far as the browser tells, and the speeds at which one may look.

export const SPEEDS: readonly number[] = [0.25, 0.5, 1, 1.5, 2, 4, 8];

/** The next slower or faster one; the slowest and the fastest stay. */
export function nextSpeed(speed: number, direction: 1 | -1): number {
  if (direction > 0) return SPEEDS.find((each) => each > speed) ?? speed;
  return SPEEDS.findLast((each) => each < speed) ?? speed;
}

const UNKNOWN_S = 1 / 25;

/** Measures the time between two pictures while a video plays. */
export class FrameClock {
  private last: { at: number; count: number } | null = null;
  seconds = UNKNOWN_S;

  watch(video: HTMLVideoElement): void {
    if (!("requestVideoFrameCallback" in video)) return;
    const seen: VideoFrameRequestCallback = (_, { mediaTime, presentedFrames }) => {
      this.told(mediaTime, presentedFrames);
      video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
  }

  /** A picture was shown: its time in the file, in s, and how many have been shown by then. */
  told(at: number, count: number): void {
    const { last } = this;
    this.last = { at, count };
    if (!last || count !== last.count + 1) return;
    const apart = at - last.at;
    // Jumps are no distance between pictures; at a higher speed pictures are left out.
    if (apart > 0.001 && apart < 1)
      this.seconds = Math.min(apart, this.seconds === UNKNOWN_S ? 1 : this.seconds * 1.5);
  }
}

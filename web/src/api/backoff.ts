// How long to wait before the next try: longer after each failure, and a little by chance, so that many pages do not
// come back at the same moment.

const FIRST_MS = 1000;
const LAST_MS = 30_000;

/** Pause in ms after so many failures in a row, 0 being the first. */
export function backOff(failures: number, random: () => number = Math.random): number {
  const pause = Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return pause * (0.75 + random() / 4);
}

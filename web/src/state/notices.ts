// What the page has to say beside what it shows: done, refused, take it back.

import { Failure } from "../api/failure";
import { explain } from "./explain";
import { store, type Notice } from "./store";

const AT_MOST = 4;
const LASTS_MS = 6000;
let number = 0;

/** Say something; the returned number takes it away again. */
export function notify(notice: Omit<Notice, "id">): number {
  const id = ++number;
  const { lastsMs, ...rest } = notice;
  const lasts = lastsMs ?? (notice.kind === "bad" ? Infinity : LASTS_MS);
  const told: Notice = { ...rest, id, ...(lasts === Infinity ? {} : { lastsMs: lasts }) };
  store.setState(({ notices }) => ({ notices: [...notices.slice(1 - AT_MOST), told] }));
  return id;
}

/** Say why something did not work: `text` is what it was. */
export function complain(text: string, why: unknown): number {
  return notify({ kind: "bad", text, explained: explain(Failure.from(why)) });
}

/** What is told of has come so far, 0 to 1. */
export function progress(id: number, share: number): void {
  store.setState(({ notices }) => ({
    notices: notices.map((each) => (each.id === id ? { ...each, progress: share } : each)),
  }));
}

export function dismiss(id: number): void {
  store.setState(({ notices }) => ({ notices: notices.filter((each) => each.id !== id) }));
}

/** Whatever was thrown, as a Failure. */
export const failureOf = (why: unknown): Failure => Failure.from(why);

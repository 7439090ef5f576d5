// What a page asks for: shown at once as it was last known, asked again when there is reason to.

import { useEffect, useRef, useState } from "react";

import type { Args, Params, Result } from "../api/calls";
import { Failure } from "../api/failure";
import type { MethodName, NotificationName } from "../api/types";
import { call, listen } from "./connection";
import { store, useApp } from "./store";

export interface AnswerOptions {
  /** Notifications after which it is asked again. */
  on?: readonly NotificationName[];
  /** Ask again every so many ms while the page is seen: only for what no notification tells. */
  everyMs?: number;
  /** false: not now. */
  when?: boolean;
}

export interface Known<T> {
  /** The last answer; it stays while there is no connection. */
  value: T | undefined;
  /** When it was given, in ms. */
  at: number | undefined;
  /** Why the last question was not answered, or nothing is known; not that what is known is old. */
  failure: Failure | undefined;
  asking: boolean;
  again: () => void;
}

/** Nothing is known and nothing can be asked: pages say that, and wait for nothing. */
const AWAY = new Failure("offline", "no connection");

const KEPT = 200;
const kept = new Map<string, { value: unknown; at: number }>();
store.subscribe(({ session }, before) => {
  if (session.phase !== "in" && before.session.phase === "in") forgetAnswers();
});

/** Ask for everything anew: it is somebody else's, or a page could not be drawn with it. */
export function forgetAnswers(): void {
  kept.clear();
}

function keep(key: string, value: unknown): void {
  kept.delete(key);
  kept.set(key, { value, at: Date.now() });
  for (const oldest of kept.keys()) {
    if (kept.size <= KEPT) break;
    kept.delete(oldest);
  }
}

/** The answer of a method that only reads. */
export function useAnswer<M extends MethodName>(
  method: M,
  params: Params<M>,
  { on = [], everyMs, when = true }: AnswerOptions = {},
): Known<Result<M>> {
  const key = `${method} ${JSON.stringify(params)}`;
  const topics = on.join(" ");
  const { phase, generation } = useApp(({ link }) => link);
  const [, draw] = useState(0);
  const [asking, setAsking] = useState(false);
  const [failed, setFailed] = useState<{ key: string; why: Failure } | null>(null);
  const ask = useRef<() => void>(() => undefined);

  useEffect(() => {
    if (!when) return;
    const turn = { over: false, running: false, wanted: false };
    const isOver = () => turn.over;
    const wanted = () => turn.wanted;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async () => {
      if (turn.running) {
        turn.wanted = true;
        return;
      }
      turn.running = true;
      turn.wanted = false;
      setAsking(true);
      try {
        keep(key, await call(method, ...([params] as unknown as Args<M>)));
        if (!turn.over) setFailed(null);
      } catch (why) {
        if (!turn.over) setFailed({ key, why: Failure.from(why) });
      }
      turn.running = false;
      if (isOver()) return;
      setAsking(false);
      draw((n) => n + 1);
      if (wanted()) void run();
    };
    ask.current = () => void run();
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(() => void run(), 200); // several notifications at once are one reason
    };
    if (phase === "open") void run();
    const unlisten = topics ? topics.split(" ").map((name) => listen(name as NotificationName, soon)) : [];
    const interval = everyMs
      ? setInterval(() => !document.hidden && store.getState().link.phase === "open" && void run(), everyMs)
      : undefined;
    return () => {
      turn.over = true;
      clearTimeout(timer);
      clearInterval(interval);
      for (const each of unlisten) each();
    };
    // key stands for method and params
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, topics, everyMs, when, phase, generation]);

  const known = kept.get(key) as { value: Result<M>; at: number } | undefined;
  const away = when && phase === "lost";
  // The line at the top says that what is known is old.
  const told = failed?.key === key && !(known && failed.why.kind === "offline") ? failed.why : undefined;
  return {
    value: known?.value,
    at: known?.at,
    failure: told ?? (away && !known ? AWAY : undefined),
    asking,
    again: () => ask.current(),
  };
}

/** Hear of a notification while a component is there. */
export function useNotification<N extends NotificationName>(
  name: N,
  heard: Parameters<typeof listen<N>>[1],
): void {
  const newest = useRef(heard);
  useEffect(() => {
    newest.current = heard;
  });
  useEffect(() => listen(name, (params) => newest.current(params)), [name]);
}

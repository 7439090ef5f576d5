// Points and lengths of time that go on while one looks.

import { ago, clock, dateTime } from "../i18n/format";
import { useNow } from "./now";

/** How long ago, in words; the exact time on hovering. */
export function Ago({ at }: { at: string | number }) {
  const rough = useNow(30_000);
  const now = useNow(new Date(at).getTime() > rough - 90_000 ? 1000 : 30_000);
  return (
    <time dateTime={new Date(at).toISOString()} title={dateTime(at)}>
      {ago(Math.min(new Date(at).getTime(), now), now)}
    </time>
  );
}

/** The time since, as a clock that runs. */
export function Elapsed({ since }: { since: number }) {
  const now = useNow();
  return <span role="timer">{clock((now - since) / 1000)}</span>;
}

// A day as a line: what lies on it and when. A touch opens what is nearest.

import type { MouseEvent } from "react";

import { shortTime } from "../i18n/format";
import { classes } from "./classes";
import { dayOf, hoursOf, onDay, type Day, type Stretch } from "./days";
import styles from "./DayLine.module.css";

/** So near a touch has to be. */
const TOUCH_PX = 12;

export interface Mark {
  /** Where it leads; several marks may lead to the same. */
  id: string;
  /** In ms. */
  startedAt: number;
  /** 0 for what takes no time. */
  seconds: number;
  tone: "done" | "running" | "unfinished" | "moment" | "gap";
  /** What it is, on hovering. */
  words: string;
}

interface Placed {
  mark: Mark;
  at: Stretch;
}

/** The one that is nearest to a place on the line; of several there the shortest. */
export function nearest(placed: readonly Placed[], share: number, reach: number): Mark | null {
  const away = ({ at }: Placed) => Math.max(at.from - share, share - at.to, 0);
  const length = ({ at }: Placed) => at.to - at.from;
  const [found] = placed
    .filter((each) => away(each) <= reach)
    .sort((one, other) => away(one) - away(other) || length(one) - length(other));
  return found?.mark ?? null;
}

interface DayLineProps {
  day: Day;
  now: number;
  marks: readonly Mark[];
  /** What lies on it, in words: those who do not see it have the same in a list. */
  label: string;
  onOpen: (id: string) => void;
}

export function DayLine({ day, now, marks, label, onOpen }: DayLineProps) {
  const placed = marks.flatMap((mark) => {
    const at = onDay(day, mark.startedAt, mark.seconds);
    return at ? [{ mark, at }] : [];
  });
  const open = (event: MouseEvent) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const mark = nearest(placed, (event.clientX - left) / width, TOUCH_PX / width);
    if (mark) onOpen(mark.id);
  };
  return (
    <div className={styles.line} role="img" aria-label={label} onClick={open}>
      {placed.map(({ mark, at }) => (
        <span
          key={`${mark.id} ${mark.startedAt}`}
          className={classes(
            mark.tone === "moment" ? styles.moment : styles.bar,
            mark.tone === "gap" && styles.gap,
            mark.tone === "running" && styles.running,
            mark.tone === "unfinished" && styles.unfinished,
          )}
          style={{
            left: `${at.from * 100}%`,
            ...(mark.tone === "moment" ? {} : { width: `${(at.to - at.from) * 100}%` }),
          }}
          title={mark.words}
        />
      ))}
      {day === dayOf(now) && (
        <span className={styles.now} style={{ left: `${(onDay(day, now, 0)?.from ?? 0) * 100}%` }} />
      )}
    </div>
  );
}

/** The hours below a line. */
export function Hours({ day }: { day: Day }) {
  return (
    <div className={styles.hours} aria-hidden="true">
      {hoursOf(day, 6).map(({ at, share }) => (
        <span key={at} style={{ left: `${share * 100}%` }}>
          {shortTime(at)}
        </span>
      ))}
    </div>
  );
}

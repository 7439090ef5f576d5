// A day across the cameras: what was recorded when, and each snapshot.

import type { MouseEvent } from "react";
import { navigate } from "wouter/use-hash-location";

import type { FileView } from "../../api/types";
import { t, tn } from "../../i18n";
import { clock, day as dayText, shortTime, time } from "../../i18n/format";
import { IconButton } from "../../parts/Button";
import { classes } from "../../parts/classes";
import { useNow } from "../../parts/now";
import { Section } from "../../parts/Page";
import { Trouble } from "../../parts/Trouble";
import { useAnswer } from "../../state/answers";
import { explain } from "../../state/explain";
import { useApp } from "../../state/store";
import { dayOf, endOf, hoursOf, onDay, shifted, startOf, type Day, type Stretch } from "./days";
import styles from "./DayTimeline.module.css";
import { nameOf, pathOf } from "./FileRow";
import { isDone } from "./selection";

const MOST = 1000;
/** So near a touch has to be. */
const TOUCH_PX = 12;

interface DayTimelineProps {
  day: Day;
  /** Of one camera alone; empty: of all. */
  device: string;
  onDay: (day: Day) => void;
}

function byCamera(...lists: (readonly FileView[])[]): [string, FileView[]][] {
  const rows = new Map<string, FileView[]>();
  for (const file of lists.flat()) rows.set(file.device, [...(rows.get(file.device) ?? []), file]);
  return [...rows].sort(([one], [other]) => one.localeCompare(other, undefined, { numeric: true }));
}

interface Mark {
  file: FileView;
  snapshot: boolean;
  at: Stretch;
  words: string;
}

function markOf(day: Day, file: FileView, snapshot: boolean, now: number): Mark | null {
  const began = new Date(file.created_time).getTime();
  const seconds = snapshot ? 0 : file.status === "RECORDING" ? (now - began) / 1000 : (file.duration ?? 0);
  const at = onDay(day, began, seconds);
  const words = snapshot
    ? t("library.bar.snapshot", { time: time(began) })
    : t("library.bar", { time: time(began), length: clock(seconds) });
  return at && { file, snapshot, at, words };
}

/** The mark that is nearest to a place on the line; of several there the shortest. */
export function nearest(marks: readonly Mark[], share: number, reach: number): Mark | null {
  const away = ({ at }: Mark) => Math.max(at.from - share, share - at.to, 0);
  const length = ({ at }: Mark) => at.to - at.from;
  const [found] = marks
    .filter((mark) => away(mark) <= reach)
    .sort((one, other) => away(one) - away(other) || length(one) - length(other));
  return found ?? null;
}

interface LineProps {
  day: Day;
  files: readonly FileView[];
  snapshots: ReadonlySet<FileView>;
  now: number;
  label: string;
}

/** One camera's day. A touch opens what lies nearest; by keyboard the same is in the list below. */
function Line({ day, files, snapshots, now, label }: LineProps) {
  const marks = files.flatMap((file) => markOf(day, file, snapshots.has(file), now) ?? []);
  const recordings = files.filter((file) => !snapshots.has(file)).length;
  const open = (event: MouseEvent) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const mark = nearest(marks, (event.clientX - left) / width, TOUCH_PX / width);
    if (mark) navigate(pathOf(mark.snapshot ? "snapshots" : "recordings", mark.file.filename));
  };
  return (
    <div
      className={styles.line}
      role="img"
      aria-label={t("library.line", {
        camera: label,
        recordings: tn("library.recordings", recordings),
        snapshots: tn("library.snapshots", files.length - recordings),
      })}
      onClick={open}
    >
      {marks.map(({ file, snapshot, at, words }) => (
        <span
          key={file.filename}
          className={classes(
            snapshot ? styles.dot : styles.bar,
            file.status === "RECORDING" && styles.running,
            !isDone(file) && styles.unfinished,
          )}
          style={{
            left: `${at.from * 100}%`,
            ...(snapshot ? {} : { width: `${(at.to - at.from) * 100}%` }),
          }}
          title={words}
        />
      ))}
      {day === dayOf(now) && (
        <span className={styles.now} style={{ left: `${(onDay(day, now, 0)?.from ?? 0) * 100}%` }} />
      )}
    </div>
  );
}

export function DayTimeline({ day, device, onDay }: DayTimelineProps) {
  const cameras = useApp((state) => state.cameras);
  const now = useNow(30_000);
  const range = {
    from: new Date(startOf(day)).toISOString(),
    to: new Date(endOf(day)).toISOString(),
    limit: MOST,
    ...(device ? { device } : {}),
  };
  const recordings = useAnswer("list_recordings", range, {
    on: ["recording_status_update", "recording.stop"],
  });
  const snapshots = useAnswer("list_snapshots", range, { on: ["snapshot.taken"] });
  const failure = recordings.failure ?? snapshots.failure;
  const taken = new Set(snapshots.value?.files);
  const rows = byCamera(recordings.value?.files ?? [], snapshots.value?.files ?? []);
  const today = dayOf(now);
  const left = Math.max(recordings.value?.total ?? 0, snapshots.value?.total ?? 0) - MOST;

  return (
    <Section
      title={dayText(startOf(day))}
      actions={
        <span>
          <IconButton
            icon="back"
            small
            label={t("library.day.before")}
            onClick={() => onDay(shifted(day, -1))}
          />
          <IconButton
            icon="next"
            small
            label={t("library.day.after")}
            unavailable={day >= today ? t("library.day.none.after") : null}
            onClick={() => onDay(shifted(day, 1))}
          />
        </span>
      }
    >
      {failure && !recordings.value && <Trouble {...explain(failure)} />}
      {recordings.value && rows.length === 0 && <p className={styles.nothing}>{t("library.day.nothing")}</p>}
      {rows.length > 0 && (
        <div className={styles.days}>
          {rows.map(([id, files]) => (
            <div key={id} className={styles.row}>
              <span className={styles.camera}>{nameOf(cameras, id)}</span>
              <Line day={day} files={files} snapshots={taken} now={now} label={nameOf(cameras, id)} />
            </div>
          ))}
          <div className={styles.hours} aria-hidden="true">
            {hoursOf(day, 6).map(({ at, share }) => (
              <span key={at} style={{ left: `${share * 100}%` }}>
                {shortTime(at)}
              </span>
            ))}
          </div>
        </div>
      )}
      {left > 0 && <p className={styles.nothing}>{t("library.day.more", { n: MOST })}</p>}
    </Section>
  );
}

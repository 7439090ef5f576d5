// A day across the cameras: what was recorded when, and each snapshot.

import { useEffect, useEffectEvent, useState } from "react";
import { navigate } from "wouter/use-hash-location";

import type { FileView, RecordingPart } from "../../api/types";
import { t, tn } from "../../i18n";
import { clock, day as dayText, time } from "../../i18n/format";
import { Button, IconButton } from "../../parts/Button";
import { DayLine, Hours, type Mark } from "../../parts/DayLine";
import { dayOf, endOf, shifted, startOf, type Day } from "../../parts/days";
import { useNow } from "../../parts/now";
import { Section } from "../../parts/Page";
import { Trouble } from "../../parts/Trouble";
import { useAnswer } from "../../state/answers";
import { onDeleted } from "../../state/deletions";
import { explain } from "../../state/explain";
import { isDone } from "../../state/kinds";
import { useMay } from "../../state/rights";
import { useApp } from "../../state/store";
import { spanOf, stretchesOf, useParts } from "../../state/stretches";
import styles from "./DayTimeline.module.css";
import { ExportDialog } from "./ExportDialog";
import { nameOf, pathOf } from "./FileRow";

const MOST = 1000;

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

function lineOf(camera: string, files: readonly FileView[], snapshots: ReadonlySet<FileView>): string {
  const taken = files.filter((file) => snapshots.has(file)).length;
  return t("library.line", {
    camera,
    recordings: tn("library.recordings", files.length - taken),
    snapshots: tn("library.snapshots", taken),
  });
}

function momentOf(file: FileView): Mark {
  const startedAt = new Date(file.created_time).getTime();
  return {
    id: pathOf("snapshots", file.filename),
    startedAt,
    seconds: 0,
    tone: "moment",
    words: t("library.bar.snapshot", { time: time(startedAt) }),
  };
}

function marksOf(file: FileView, parts: readonly RecordingPart[], now: number): Mark[] {
  const tone = file.status === "RECORDING" ? "running" : isDone(file) ? "done" : "unfinished";
  return stretchesOf(file, parts, now).map(({ startedAt, seconds, gap }) => ({
    id: pathOf("recordings", file.filename),
    startedAt,
    seconds,
    tone: gap ? "gap" : tone,
    words: gap
      ? t("library.gap", { from: time(startedAt), to: time(startedAt + seconds * 1000) })
      : t("library.bar", { time: time(startedAt), length: clock(seconds) }),
  }));
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
  const again = useEffectEvent(() => {
    recordings.again();
    snapshots.again();
  });
  useEffect(() => onDeleted(again), []);
  const mayExport = useMay("export_recording");
  const [exporting, setExporting] = useState(false);
  const parts = useParts(recordings.value?.files ?? []);
  const failure = recordings.failure ?? snapshots.failure;
  const taken = new Set(snapshots.value?.files);
  const rows = byCamera(recordings.value?.files ?? [], snapshots.value?.files ?? []);
  const span = spanOf(
    (recordings.value?.files ?? []).flatMap((file) => stretchesOf(file, parts.get(file.filename) ?? [], now)),
  );
  const today = dayOf(now);
  const left = Math.max(recordings.value?.total ?? 0, snapshots.value?.total ?? 0) - MOST;

  return (
    <Section
      title={dayText(startOf(day))}
      actions={
        <span className={styles.actions}>
          {device && mayExport && span && (
            <Button small kind="quiet" icon="cut" onClick={() => setExporting(true)}>
              {t("library.export")}
            </Button>
          )}
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
              <DayLine
                day={day}
                now={now}
                marks={files.flatMap((file) =>
                  taken.has(file) ? [momentOf(file)] : marksOf(file, parts.get(file.filename) ?? [], now),
                )}
                label={lineOf(nameOf(cameras, id), files, taken)}
                onOpen={navigate}
              />
            </div>
          ))}
          <div className={styles.row}>
            <span />
            <Hours day={day} />
          </div>
        </div>
      )}
      {exporting && span && <ExportDialog device={device} {...span} onClose={() => setExporting(false)} />}
      {left > 0 && <p className={styles.nothing}>{t("library.day.more", { n: MOST })}</p>}
    </Section>
  );
}

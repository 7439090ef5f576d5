// What was recorded of this camera today: as a line of the day, and the newest by name; a touch plays it.

import { Link } from "wouter";
import { navigate } from "wouter/use-hash-location";

import type { FileView } from "../../api/types";
import { t, tn } from "../../i18n";
import { clock, time } from "../../i18n/format";
import { DayLine, Hours, type Mark } from "../../parts/DayLine";
import { dayOf, endOf, startOf } from "../../parts/days";
import { useNow } from "../../parts/now";
import { Section } from "../../parts/Page";
import { Trouble } from "../../parts/Trouble";
import { useAnswer } from "../../state/answers";
import { explain } from "../../state/explain";
import { stretchesOf, useParts, type RecordedStretch } from "../../state/stretches";
import styles from "./Today.module.css";

const NEWEST = 5;
const DAY_MS = 86_400_000;

const at = (moment: string) => new Date(moment).getTime();

const pathOf = (file: FileView) => `/library/recordings/${encodeURIComponent(file.filename)}`;

interface Covered {
  file: FileView;
  stretches: readonly RecordedStretch[];
}

/** Seconds that were recorded since a point of time. */
function secondsSince({ stretches }: Covered, since: number): number {
  return stretches
    .filter(({ gap }) => !gap)
    .reduce((sum, { startedAt, seconds }) => {
      const before = Math.max(0, (since - startedAt) / 1000);
      return sum + Math.max(0, seconds - before);
    }, 0);
}

const playWords = (at: number | string, seconds: number) =>
  t("camera.today.play", { time: time(at), length: clock(seconds) });

function marksOf({ file, stretches }: Covered): Mark[] {
  const tone = file.status === "RECORDING" ? "running" : file.status === "FINISHING" ? "unfinished" : "done";
  return stretches.map(({ startedAt, seconds, gap }) => ({
    id: pathOf(file),
    startedAt,
    seconds,
    tone: gap ? "gap" : tone,
    words: gap
      ? t("library.gap", { from: time(startedAt), to: time(startedAt + seconds * 1000) })
      : playWords(startedAt, seconds),
  }));
}

export function Today({ device }: { device: string }) {
  const now = useNow(30_000);
  const day = dayOf(now);
  const start = startOf(day);
  // What began yesterday may have gone on until today.
  const { value, failure } = useAnswer(
    "list_recordings",
    {
      device,
      from: new Date(start - DAY_MS).toISOString(),
      to: new Date(endOf(day)).toISOString(),
      limit: 1000,
    },
    { on: ["recording.stop", "recording_status_update"] },
  );
  const files = value?.files ?? [];
  const parts = useParts(files);
  const covered = files
    .map((file) => ({ file, stretches: stretchesOf(file, parts.get(file.filename) ?? [], now) }))
    .filter((each) => at(each.file.created_time) >= start || secondsSince(each, start) > 0);
  const seconds = covered.reduce((sum, each) => sum + secondsSince(each, start), 0);
  const words = covered.length
    ? `${tn("camera.today.count", covered.length)} · ${clock(seconds)}`
    : t("camera.today.none");
  return (
    <Section title={t("camera.today")}>
      {failure && !value && <Trouble {...explain(failure)} />}
      <DayLine day={day} now={now} marks={covered.flatMap(marksOf)} label={words} onOpen={navigate} />
      <Hours day={day} />
      <p className={styles.sum}>{words}</p>
      <ul className={styles.newest}>
        {covered.slice(0, NEWEST).map((each) => {
          const { file } = each;
          const length = secondsSince(each, 0);
          return (
            <li key={file.filename}>
              <Link href={pathOf(file)} title={playWords(file.created_time, length)}>
                {time(file.created_time)} <span>{clock(length)}</span>
              </Link>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}

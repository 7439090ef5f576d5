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
import styles from "./Today.module.css";

const NEWEST = 5;
const DAY_MS = 86_400_000;

const pathOf = (file: FileView) => `/library/recordings/${encodeURIComponent(file.filename)}`;

function lengthOf(file: FileView, now: number): number {
  return file.status === "RECORDING"
    ? (now - new Date(file.created_time).getTime()) / 1000
    : (file.duration ?? 0);
}

function markOf(file: FileView, now: number): Mark {
  const seconds = lengthOf(file, now);
  return {
    id: pathOf(file),
    startedAt: new Date(file.created_time).getTime(),
    seconds,
    tone: file.status === "RECORDING" ? "running" : file.status === "FINISHING" ? "unfinished" : "done",
    words: t("camera.today.play", { time: time(file.created_time), length: clock(seconds) }),
  };
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
  const files = (value?.files ?? []).filter(
    (file) => new Date(file.created_time).getTime() + lengthOf(file, now) * 1000 >= start,
  );
  const seconds = files.reduce((sum, file) => {
    const began = new Date(file.created_time).getTime();
    return sum + lengthOf(file, now) - Math.max(0, (start - began) / 1000);
  }, 0);
  const words = files.length
    ? `${tn("camera.today.count", files.length)} · ${clock(seconds)}`
    : t("camera.today.none");
  return (
    <Section title={t("camera.today")}>
      {failure && !value && <Trouble {...explain(failure)} />}
      <DayLine
        day={day}
        now={now}
        marks={files.map((file) => markOf(file, now))}
        label={words}
        onOpen={navigate}
      />
      <Hours day={day} />
      <p className={styles.sum}>{words}</p>
      <ul className={styles.newest}>
        {files.slice(0, NEWEST).map((file) => (
          <li key={file.filename}>
            <Link href={pathOf(file)} aria-label={markOf(file, now).words}>
              {time(file.created_time)} · {clock(lengthOf(file, now))}
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}

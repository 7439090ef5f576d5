// What was recorded of this camera today, as a line of the day; a touch plays it.

import { useState } from "react";

import type { FileView } from "../../api/types";
import { t, tn } from "../../i18n";
import { clock, shortTime, size, time } from "../../i18n/format";
import buttons from "../../parts/Button.module.css";
import { classes } from "../../parts/classes";
import { Dialog } from "../../parts/Dialog";
import { Icon } from "../../parts/Icon";
import { useNow } from "../../parts/now";
import { Section } from "../../parts/Page";
import { Trouble } from "../../parts/Trouble";
import { useAnswer } from "../../state/answers";
import { explain } from "../../state/explain";
import { bars, dayOf } from "./timeline";
import styles from "./Today.module.css";

const HOURS = [0, 3, 6, 9, 12, 15, 18, 21];

function Playing({ file, onClose }: { file: FileView; onClose: () => void }) {
  return (
    <Dialog
      wide
      title={time(file.created_time)}
      onClose={onClose}
      foot={
        <a
          className={classes(buttons.button, buttons.plain)}
          href={file.download_url}
          download={file.filename}
        >
          <Icon name="download" />
          {t("camera.today.download", { size: size(file.file_size) })}
        </a>
      }
    >
      <video className={styles.video} src={file.download_url} controls autoPlay aria-label={file.filename} />
    </Dialog>
  );
}

export function Today({ device }: { device: string }) {
  const now = useNow(30_000);
  const day = dayOf(now);
  const { value, failure } = useAnswer(
    "list_recordings",
    { device, from: new Date(day.from - 86_400_000).toISOString(), limit: 1000 },
    { on: ["recording.stop", "recording_status_update"] },
  );
  const [playing, play] = useState<FileView | null>(null);
  const found = bars(value?.files ?? [], day, now);
  const seconds = found.reduce((sum, { from, to }) => sum + ((to - from) * (day.to - day.from)) / 1000, 0);
  return (
    <Section title={t("camera.today")}>
      {failure && !value && <Trouble {...explain(failure)} />}
      <div className={styles.line}>
        <ol aria-label={t("camera.today")}>
          {found.map(({ file, from, to }) => (
            <li
              key={file.filename}
              style={{ left: `${from * 100}%`, width: `${Math.max((to - from) * 100, 0.15)}%` }}
            >
              <button
                type="button"
                className={file.status === "RECORDING" ? styles.running : styles.bar}
                aria-label={t("camera.today.play", {
                  time: time(file.created_time),
                  length: clock(file.duration ?? 0),
                })}
                title={`${time(file.created_time)} · ${clock(file.duration ?? 0)}`}
                onClick={() => {
                  if (file.status !== "RECORDING") play(file);
                }}
              />
            </li>
          ))}
        </ol>
        <span className={styles.now} style={{ left: `${((now - day.from) / (day.to - day.from)) * 100}%` }} />
      </div>
      <div className={styles.hours} aria-hidden="true">
        {HOURS.map((hour) => (
          <span key={hour}>{shortTime(day.from + hour * 3_600_000)}</span>
        ))}
      </div>
      <p className={styles.sum}>
        {found.length
          ? `${tn("camera.today.count", found.length)} · ${clock(seconds)}`
          : t("camera.today.none")}
      </p>
      {playing && <Playing file={playing} onClose={() => play(null)} />}
    </Section>
  );
}

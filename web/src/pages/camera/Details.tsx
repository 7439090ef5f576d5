// What the camera is and can do, and how it stands with its stream.

import { t } from "../../i18n";
import { Ago } from "../../parts/Time";
import { bitRate, number, size, span } from "../../i18n/format";
import { Section } from "../../parts/Page";
import type { CameraView } from "../../api/types";
import { useAnswer } from "../../state/answers";
import { useApp } from "../../state/store";
import styles from "./Details.module.css";

const EVERY_MS = 5000;

export function Details({ camera }: { camera: CameraView }) {
  const { device } = camera;
  const readers = useApp((state) => state.readers[device] ?? 0);
  const connected = camera.status === "CONNECTED";
  const { value: status } = useAnswer("get_camera_status", { device }, { everyMs: EVERY_MS });
  const { value: stream } = useAnswer(
    "get_stream_status",
    { device },
    { everyMs: EVERY_MS, when: connected },
  );
  const { value: can } = useAnswer("get_camera_capabilities", { device }, { on: ["camera_status_update"] });
  const rows: [string, React.ReactNode][] = [
    [t("camera.details.id"), <code key="id">{device}</code>],
    [t("camera.details.kind"), kindName(camera.kind)],
    [
      t("camera.details.mode"),
      camera.resolution && camera.fps
        ? t("camera.details.mode.is", {
            size: camera.resolution.replace("x", " × "),
            fps: number(camera.fps, 0),
          })
        : "–",
    ],
    [t("camera.details.readers"), number(readers)],
    [t("camera.details.sent"), size(status?.metrics.bytes_sent ?? 0)],
    [
      t("camera.details.runs"),
      status?.metrics.uptime ? span(status.metrics.uptime) : t("camera.details.asleep"),
    ],
  ];
  if (status?.sound) {
    const { level_db: level, silent_s: silent } = status.sound;
    rows.push([
      t("camera.details.sound"),
      silent > 0
        ? t("camera.details.sound.silent", { time: span(silent) })
        : t("camera.details.sound.level", { level: number(level, 0) }),
    ]);
  }
  if (stream?.status === "ACTIVE") {
    rows.push([t("camera.details.rate"), bitRate(stream.metrics.bitrate)]);
    if (stream.start_time) rows.push([t("camera.details.since"), <Ago key="since" at={stream.start_time} />]);
  }
  return (
    <Section title={t("camera.details")}>
      <dl className={styles.rows}>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {can && can.modes.length > 0 && (
        <details className={styles.modes}>
          <summary>{t("camera.details.modes")}</summary>
          <ul>
            {can.modes.map(({ format, width, height, fps }) => (
              <li key={`${format} ${width} ${height}`}>
                {format} {width} × {height} · {fps.map((each) => number(each, each % 1 ? 1 : 0)).join(", ")}{" "}
                fps
              </li>
            ))}
          </ul>
        </details>
      )}
    </Section>
  );
}

function kindName(kind: string): string {
  return kind === "usb" || kind === "network" || kind === "test" ? t(`camera.kind.${kind}`) : kind;
}

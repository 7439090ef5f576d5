// One camera: its picture as large as it fits, and all that can be done with it.

import { useEffect, useState } from "react";
import { Link, useParams } from "wouter";
import { navigate } from "wouter/use-hash-location";

import type { CameraView, SnapshotTaken } from "../../api/types";
import { t, tn } from "../../i18n";
import { size } from "../../i18n/format";
import { visible } from "../../i18n/names";
import { asSaid } from "../../i18n/said";
import { Button } from "../../parts/Button";
import buttons from "../../parts/Button.module.css";
import { RecordButton } from "../../parts/camera/RecordButton";
import { StatusPill } from "../../parts/camera/StatusPill";
import { classes } from "../../parts/classes";
import { Empty } from "../../parts/Empty";
import { SelectField } from "../../parts/Field";
import { Icon } from "../../parts/Icon";
import { useKeys } from "../../parts/keys";
import { Page } from "../../parts/Page";
import { Pill } from "../../parts/Pill";
import { Elapsed } from "../../parts/Time";
import { Waiting } from "../../parts/Waiting";
import { Words } from "../../parts/Words";
import { startRecording, stopRecording, takeSnapshot } from "../../state/actions";
import { useAnswer } from "../../state/answers";
import { refreshReaders } from "../../state/connection";
import { useMay, useOffline } from "../../state/rights";
import { change, useSettings, type Way } from "../../state/settings";
import { useApp } from "../../state/store";
import styles from "./CameraPage.module.css";
import { Controls } from "./Controls";
import { Details } from "./Details";
import { Links } from "./Links";
import { Schedule } from "./Schedule";
import { Settings } from "./Settings";
import { Stage } from "./Stage";
import { Today } from "./Today";

const SIZE_MS = 2000;

/** Elapsed time and size of what is recorded now. */
function RecordingState({ device }: { device: string }) {
  const now = useApp((state) => state.recordings[device]);
  const { value } = useAnswer(
    "get_recording_status",
    { device },
    { everyMs: SIZE_MS, when: now !== undefined },
  );
  if (!now) return null;
  return (
    <Pill tone="recording">
      {now.interrupted && t("cameras.rec.interrupted")} <Elapsed since={now.startedAt} />
      {value?.recording && value.file_size > 0 && ` · ${size(value.file_size)}`}
    </Pill>
  );
}

function Taken({ taken, onClose }: { taken: SnapshotTaken; onClose: () => void }) {
  return (
    <figure className={styles.taken}>
      <a href={taken.download_url} target="_blank" rel="noreferrer">
        <img src={taken.download_url} alt={t("camera.snapshot.of", { file: taken.filename })} />
      </a>
      <figcaption>
        <strong>{visible(taken.filename)}</strong>
        <span>
          {taken.width} × {taken.height} · {size(taken.file_size)}
        </span>
        <span className={styles.takenActions}>
          <a
            className={classes(buttons.button, buttons.plain, buttons.small)}
            href={taken.download_url}
            download={taken.filename}
          >
            <Icon name="download" />
            {t("camera.snapshot.download")}
          </a>
          <Button small kind="quiet" onClick={onClose}>
            {t("dismiss")}
          </Button>
        </span>
      </figcaption>
    </figure>
  );
}

function Shown({ camera }: { camera: CameraView }) {
  const { device, name, recording } = camera;
  const way = useSettings((settings) => settings.way);
  const pending = useApp((state) => state.pending[device]);
  const readers = useApp((state) => state.readers[device] ?? 0);
  const mayRecord = useMay("start_recording");
  const maySet = useMay("set_camera_config");
  const offline = useOffline();
  const [taken, take] = useState<SnapshotTaken | null>(null);
  const connected = camera.status === "CONNECTED";
  const unavailable = offline ?? (connected ? null : t("cameras.notnow", { name }));

  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) refreshReaders().catch(() => undefined);
    }, 5000);
    return () => clearInterval(timer);
  }, []);

  const snapshot = async () => {
    const done = await takeSnapshot(device, false);
    if (done) take(done);
  };
  useKeys(t("camera.keys.act"), [
    ...(mayRecord
      ? [
          { key: "s", text: t("camera.snapshot"), run: () => unavailable ?? void snapshot() },
          {
            key: "r",
            text: t("camera.record.toggle"),
            run: () => void (recording ? stopRecording(device) : (unavailable ?? startRecording(device))),
          },
        ]
      : []),
    { key: "Escape", text: t("nav.home"), run: () => document.fullscreenElement ?? navigate("/") },
  ]);

  return (
    <Page
      title={name}
      wide
      before={
        <Link
          href="/"
          className={classes(buttons.button, buttons.quiet, buttons.drawing)}
          aria-label={t("nav.home")}
        >
          <Icon name="back" />
        </Link>
      }
      beside={
        <>
          <StatusPill status={camera.status} />
          {readers > 0 && <Pill>{tn("cameras.readers", readers)}</Pill>}
        </>
      }
    >
      <div className={styles.layout}>
        <div className={styles.main}>
          <Stage camera={camera} wish={way} />
          <div className={styles.bar}>
            {mayRecord && (
              <>
                <Button
                  icon="snapshot"
                  busy={pending === "snapshot"}
                  unavailable={unavailable}
                  onClick={() => void snapshot()}
                >
                  {t("camera.snapshot")}
                </Button>
                <RecordButton
                  words
                  kind="plain"
                  name={name}
                  recording={recording}
                  pending={pending === "starting" || pending === "stopping"}
                  unavailable={recording ? offline : unavailable}
                  onStart={(options) => void startRecording(device, options)}
                  onStop={() => void stopRecording(device)}
                />
              </>
            )}
            <RecordingState device={device} />
            <div className={styles.way}>
              <SelectField
                label={t("camera.way")}
                value={way}
                options={(["auto", "webrtc", "hls", "pictures"] as const).map((value) => ({
                  value,
                  label: t(`camera.way.${value}`),
                }))}
                onChange={(value) => change({ way: value as Way })}
              />
            </div>
          </div>
          {camera.detail && connected && (
            <p className={styles.detail}>
              <Words said={asSaid(camera.detail)} />
            </p>
          )}
          {taken && <Taken taken={taken} onClose={() => take(null)} />}
          <Today device={device} />
          <Schedule device={device} />
        </div>
        <div className={styles.side}>
          <Details camera={camera} />
          <Controls device={device} />
          <Links device={device} name={name} />
          {maySet && <Settings camera={camera} />}
        </div>
      </div>
    </Page>
  );
}

export default function CameraPage() {
  const { device } = useParams<{ device: string }>();
  const camera = useApp((state) => state.cameras[device]);
  const known = useApp((state) => state.knownAt !== null);
  if (camera) return <Shown key={device} camera={camera} />;
  if (!known) return <Waiting label={t("loading")} />;
  return (
    <Page title={t("camera.gone")}>
      <Empty
        icon="unplugged"
        title={t("camera.gone")}
        actions={
          <Link href="/" className={classes(buttons.button, buttons.plain)}>
            {t("nav.home")}
          </Link>
        }
      >
        <p>{t("camera.gone.do")}</p>
      </Empty>
    </Page>
  );
}

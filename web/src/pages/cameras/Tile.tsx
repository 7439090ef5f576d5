// One camera of many: its picture, how it is, and what is done most.

import { memo, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { Link } from "wouter";

import type { CameraView } from "../../api/types";
import { t, tn } from "../../i18n";
import { IconButton } from "../../parts/Button";
import { RecordButton } from "../../parts/camera/RecordButton";
import { restWords } from "../../parts/camera/words";
import { classes } from "../../parts/classes";
import { Icon } from "../../parts/Icon";
import { useInView } from "../../parts/inview";
import { causeWords, LivePicture, usePlayerState, wayName } from "../../parts/LivePicture";
import { Elapsed } from "../../parts/Time";
import type { Player } from "../../player/player";
import type { LiveSlots } from "../../player/slots";
import { startRecording, stopRecording, takeSnapshot } from "../../state/actions";
import { useMay, useOffline } from "../../state/rights";
import { useApp } from "../../state/store";
import styles from "./Tile.module.css";

interface TileProps {
  camera: CameraView;
  place: number;
  slots: LiveSlots;
}

/** How the picture comes, in words. */
function PictureState({ camera, player }: { camera: CameraView; player: Player | null }) {
  const state = usePlayerState(player);
  if (camera.status === "DISCONNECTED") return <>{t("cameras.state.unplugged")}</>;
  if (camera.status === "ERROR") return <>{t("cameras.state.error")}</>;
  if (state.phase !== "moving" || !state.way) return <>{t("cameras.state.waiting")}</>;
  const why = state.reasons.map((each) => causeWords(each).text).join("; ");
  return (
    <>
      <span data-role="way">{wayName(state.way)}</span>
      {" · "}
      {t(`cameras.state.${state.way}`)}
      {why && <span data-role="why"> {t("cameras.why", { why })}</span>}
    </>
  );
}

export const Tile = memo(function Tile({ camera, place, slots }: TileProps) {
  const { device, name, recording } = camera;
  const article = useRef<HTMLElement>(null);
  const seen = useInView(article);
  const live = useSyncExternalStore(slots.subscribe, () => slots.has(device));
  const [player, setPlayer] = useState<Player | null>(null);
  const now = useApp((state) => state.recordings[device]);
  const readers = useApp((state) => state.readers[device] ?? 0);
  const pending = useApp((state) => state.pending[device]);
  const mayRecord = useMay("start_recording");
  const offline = useOffline();
  const rests = restWords(camera);
  const connected = camera.status === "CONNECTED";

  useEffect(() => {
    if (seen && connected) slots.want(device, place);
    else slots.release(device);
  }, [slots, device, place, seen, connected]);
  useEffect(() => () => slots.release(device), [slots, device]);

  const unavailable = offline ?? (connected ? null : t("cameras.notnow", { name }));
  return (
    <article ref={article} className={styles.tile} data-device={device} aria-label={name}>
      <div className={styles.picture}>
        <LivePicture
          device={device}
          name={name}
          rests={rests}
          wish={live ? "auto" : "pictures"}
          seen={seen}
          onPlayer={setPlayer}
        />
        <Link href={`/camera/${device}`} className={styles.open} aria-label={t("cameras.open", { name })} />
        <div className={styles.badges}>
          {recording && (
            <span className={classes(styles.badge, styles.recording)}>
              {now?.interrupted ? t("cameras.rec.interrupted") : t("cameras.rec")}{" "}
              {now && <Elapsed since={now.startedAt} />}
            </span>
          )}
          {readers > 0 && (
            <span className={styles.badge} title={tn("cameras.readers", readers)}>
              <Icon name="eye" size="1rem" />
              <span aria-hidden="true">{readers}</span>
              <span className="only-heard">{tn("cameras.readers", readers)}</span>
            </span>
          )}
        </div>
      </div>
      <div className={styles.caption}>
        <div className={styles.words}>
          <h2 title={name}>{name}</h2>
          <p className={styles.state}>
            <PictureState camera={camera} player={player} />
          </p>
        </div>
        {mayRecord && (
          <div className={styles.actions}>
            <IconButton
              icon="snapshot"
              label={t("cameras.snapshot", { name })}
              busy={pending === "snapshot"}
              unavailable={unavailable}
              onClick={() => void takeSnapshot(device)}
            />
            <RecordButton
              name={name}
              recording={recording}
              pending={pending === "starting" || pending === "stopping"}
              unavailable={recording ? offline : unavailable}
              onStart={(options) => void startRecording(device, options)}
              onStop={() => void stopRecording(device)}
            />
          </div>
        )}
      </div>
    </article>
  );
});

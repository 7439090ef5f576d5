// A recording that plays in place: by the browser's own controls, by keys, frame by frame, at other speeds.

import { useRef, useState } from "react";

import { t } from "../../i18n";
import { number } from "../../i18n/format";
import { Button, IconButton } from "../../parts/Button";
import { Switch } from "../../parts/Field";
import { useKeys } from "../../parts/keys";
import { Menu } from "../../parts/Menu";
import { Trouble } from "../../parts/Trouble";
import { FrameClock, nextSpeed, SPEEDS } from "./frames";
import styles from "./VideoPlayer.module.css";

interface VideoPlayerProps {
  url: string;
  /** What follows belongs to the same recording: it goes on by itself. */
  isPart?: boolean;
  /** Called at its end where somebody wants to go on with the next. */
  onEnded: () => void;
}

let goesOn = false;

export function VideoPlayer({ url, isPart = false, onEnded }: VideoPlayerProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [frames] = useState(() => new FrameClock());
  const [speed, setSpeed] = useState(1);
  const [failed, setFailed] = useState(false);
  const [on, setOn] = useState(goesOn);

  const go = (seconds: number) => {
    if (video.current) video.current.currentTime += seconds;
  };
  const step = (count: number) => {
    const shown = video.current;
    if (!shown) return;
    shown.pause();
    shown.currentTime = Math.max(0, shown.currentTime + count * frames.seconds);
  };
  const play = (at: number) => {
    setSpeed(at);
    if (video.current) video.current.playbackRate = at;
  };
  const toggle = () => {
    const shown = video.current;
    if (!shown) return;
    if (shown.paused) void shown.play().catch(() => undefined);
    else shown.pause();
  };
  const fill = () => {
    const shown = video.current;
    if (!shown) return;
    if (document.fullscreenElement) void document.exitFullscreen();
    else void shown.requestFullscreen().catch(() => undefined);
  };
  useKeys(t("player.keys"), [
    { key: "k", text: t("player.toggle"), run: toggle },
    { key: "ArrowLeft", text: t("player.back", { n: 5 }), run: () => go(-5) },
    { key: "ArrowRight", text: t("player.on", { n: 5 }), run: () => go(5) },
    { key: "j", text: t("player.back", { n: 30 }), run: () => go(-30) },
    { key: "l", text: t("player.on", { n: 30 }), run: () => go(30) },
    { key: ",", text: t("player.frame.back"), run: () => step(-1) },
    { key: ".", text: t("player.frame.on"), run: () => step(1) },
    { key: "<", text: t("player.slower"), run: () => play(nextSpeed(speed, -1)) },
    { key: ">", text: t("player.faster"), run: () => play(nextSpeed(speed, 1)) },
    { key: "f", text: t("player.full"), run: fill },
  ]);

  if (failed) {
    return (
      <Trouble
        text={t("player.failed")}
        suggestion={t("player.failed.do")}
        actions={<Button onClick={() => setFailed(false)}>{t("again")}</Button>}
      />
    );
  }
  return (
    <div className={styles.player}>
      <video
        ref={video}
        className={styles.video}
        src={url}
        controls
        autoPlay
        playsInline
        preload="metadata"
        aria-label={t("player.name")}
        onLoadedMetadata={(event) => {
          event.currentTarget.playbackRate = speed;
          frames.watch(event.currentTarget);
        }}
        onRateChange={(event) => setSpeed(event.currentTarget.playbackRate)}
        onError={() => setFailed(true)}
        onEnded={() => (on || isPart) && onEnded()}
      />
      <div className={styles.controls} role="toolbar" aria-label={t("player.keys")}>
        <IconButton icon="step-back" label={t("player.frame.back")} onClick={() => step(-1)} />
        <IconButton icon="step-on" label={t("player.frame.on")} onClick={() => step(1)} />
        <Menu
          kind="quiet"
          label={t("player.speed", { speed: number(speed, speed % 1 ? 2 : 0) })}
          items={SPEEDS.map((each) => ({
            label: `${number(each, each % 1 ? 2 : 0)} ×`,
            checked: each === speed,
            run: () => play(each),
          }))}
        >
          {number(speed, speed % 1 ? 2 : 0)} ×
        </Menu>
        <div className={styles.goon}>
          <Switch
            label={t("player.goon")}
            checked={on}
            onChange={(chosen) => {
              goesOn = chosen;
              setOn(chosen);
            }}
          />
        </div>
      </div>
    </div>
  );
}

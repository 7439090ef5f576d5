// A recording that plays in place: with its pictures to scrub by, by keys, frame by frame, at other speeds.

import { useRef, useState } from "react";

import { t } from "../../i18n";
import { clock, number } from "../../i18n/format";
import { Button, IconButton } from "../../parts/Button";
import { Switch } from "../../parts/Field";
import { useKeys } from "../../parts/keys";
import { Menu } from "../../parts/Menu";
import { Trouble } from "../../parts/Trouble";
import { FrameClock, nextSpeed, SPEEDS } from "./frames";
import { ScrubBar } from "./ScrubBar";
import styles from "./VideoPlayer.module.css";

interface VideoPlayerProps {
  url: string;
  /** The recording's file whose small pictures are shown on scrubbing. */
  strip?: string | undefined;
  /** It has sound. */
  sound?: boolean;
  /** What follows belongs to the same recording: it goes on by itself. */
  isPart?: boolean;
  /** Called at its end where somebody wants to go on with the next. */
  onEnded: () => void;
}

let goesOn = false;
const speedOf = (speed: number) => number(speed, speed % 1 ? 2 : 0);

/** Safari on a phone fills the screen with a video alone. */
type VideoOfPhone = HTMLVideoElement & { webkitEnterFullscreen?: () => void };

export function VideoPlayer({ url, strip, sound = false, isPart = false, onEnded }: VideoPlayerProps) {
  const player = useRef<HTMLDivElement>(null);
  const video = useRef<VideoOfPhone>(null);
  const [frames] = useState(() => new FrameClock());
  const [speed, setSpeed] = useState(1);
  const [failed, setFailed] = useState(false);
  const [on, setOn] = useState(goesOn);
  const [playing, setPlaying] = useState(false);
  const [muted, setMuted] = useState(false);
  const [at, setAt] = useState(0);
  const [duration, setDuration] = useState(0);

  const seek = (seconds: number) => {
    if (!video.current) return;
    video.current.currentTime = seconds;
    setAt(seconds);
  };
  const go = (seconds: number) => video.current && seek(Math.max(0, video.current.currentTime + seconds));
  const step = (count: number) => {
    video.current?.pause();
    go(count * frames.seconds);
  };
  const play = (faster: number) => {
    setSpeed(faster);
    if (video.current) video.current.playbackRate = faster;
  };
  const toggle = () => {
    const shown = video.current;
    if (!shown) return;
    if (shown.paused) void shown.play().catch(() => undefined);
    else shown.pause();
  };
  const mute = () => {
    if (video.current) video.current.muted = !video.current.muted;
  };
  const fill = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else if (document.fullscreenEnabled) void player.current?.requestFullscreen().catch(() => undefined);
    else video.current?.webkitEnterFullscreen?.();
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
    ...(sound ? [{ key: "m", text: t("player.mute"), run: mute }] : []),
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
    <div ref={player} className={styles.player}>
      <video
        ref={video}
        className={styles.video}
        src={url}
        autoPlay
        playsInline
        preload="metadata"
        aria-label={t("player.name")}
        onClick={toggle}
        onLoadedMetadata={(event) => {
          event.currentTarget.playbackRate = speed;
          setDuration(event.currentTarget.duration);
          frames.watch(event.currentTarget);
        }}
        onDurationChange={(event) => setDuration(event.currentTarget.duration)}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onVolumeChange={(event) => setMuted(event.currentTarget.muted)}
        onRateChange={(event) => setSpeed(event.currentTarget.playbackRate)}
        onError={() => setFailed(true)}
        onEnded={() => (on || isPart) && onEnded()}
      />
      <div className={styles.controls} role="toolbar" aria-label={t("player.keys")}>
        <IconButton
          icon={playing ? "pause" : "play"}
          label={t(playing ? "player.pause" : "player.play")}
          onClick={toggle}
        />
        <span className={styles.time}>
          {clock(at)} / {clock(duration)}
        </span>
        <ScrubBar at={at} duration={Number.isFinite(duration) ? duration : 0} file={strip} onSeek={seek} />
        <span className={styles.rest}>
          <IconButton icon="step-back" label={t("player.frame.back")} onClick={() => step(-1)} />
          <IconButton icon="step-on" label={t("player.frame.on")} onClick={() => step(1)} />
          <Menu
            kind="quiet"
            label={t("player.speed", { speed: speedOf(speed) })}
            items={SPEEDS.map((each) => ({
              label: `${speedOf(each)} ×`,
              checked: each === speed,
              run: () => play(each),
            }))}
          >
            {speedOf(speed)} ×
          </Menu>
          {sound && (
            <IconButton
              icon={muted ? "volume-off" : "volume"}
              label={t("player.mute")}
              aria-pressed={muted}
              onClick={mute}
            />
          )}
          <IconButton icon="full" label={t("player.full")} onClick={fill} />
          <span className={styles.goon}>
            <Switch
              label={t("player.goon")}
              checked={on}
              onChange={(chosen) => {
                goesOn = chosen;
                setOn(chosen);
              }}
            />
          </span>
        </span>
      </div>
    </div>
  );
}

// Where in a recording one is: moved by pointer, finger and keys, with the picture of the place that is pointed at.

import { useState, type PointerEvent } from "react";

import { t } from "../../i18n";
import { clock } from "../../i18n/format";
import { cueAt, useStrip, type Strip } from "../../state/strips";
import styles from "./ScrubBar.module.css";

interface ScrubBarProps {
  /** In s. */
  at: number;
  duration: number;
  /** The recording's file, whose pictures are shown; without it the time alone is. */
  file?: string | undefined;
  onSeek: (seconds: number) => void;
}

function Preview({ strip, seconds, share }: { strip: Strip | null; seconds: number; share: number }) {
  const cue = strip && cueAt(strip.cues, seconds);
  return (
    <div className={styles.place} aria-hidden="true">
      <div className={styles.preview} style={{ left: `${share * 100}%` }}>
        {cue && (
          <div
            className={styles.picture}
            style={{
              width: cue.width,
              height: cue.height,
              backgroundImage: `url("${strip.picture}")`,
              backgroundPosition: `-${cue.x}px -${cue.y}px`,
            }}
          />
        )}
        <span>{clock(seconds)}</span>
      </div>
    </div>
  );
}

export function ScrubBar({ at, duration, file, onSeek }: ScrubBarProps) {
  /** Share of the bar that is pointed at, and whether it is held down. */
  const [pointed, point] = useState<{ share: number; held: boolean } | null>(null);
  const [wanted, want] = useState(false);
  const strip = useStrip(file, wanted);

  const look = (event: PointerEvent, held: boolean) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - left) / Math.max(1, width)));
    point({ share, held });
    want(true);
    if (held) onSeek(share * duration);
  };
  const shown = Math.min(at, duration);
  return (
    <div
      className={styles.bar}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        look(event, true);
      }}
      onPointerMove={(event) => look(event, pointed?.held ?? false)}
      onPointerUp={() => point(null)}
      onPointerCancel={() => point(null)}
      onPointerLeave={() => !pointed?.held && point(null)}
    >
      {pointed && <Preview strip={strip} seconds={pointed.share * duration} share={pointed.share} />}
      <input
        type="range"
        data-keys
        min={0}
        max={duration}
        step="any"
        value={shown}
        aria-label={t("player.place")}
        aria-valuetext={t("player.place.is", { at: clock(shown), of: clock(duration) })}
        style={{ "--done": `${duration ? (shown / duration) * 100 : 0}%` } as React.CSSProperties}
        onChange={(event) => {
          if (!pointed?.held) onSeek(Number(event.target.value));
        }}
        onKeyDown={(event) => {
          const step = { ArrowLeft: -5, ArrowRight: 5, PageDown: -30, PageUp: 30 }[event.key];
          if (step === undefined) return;
          event.preventDefault();
          onSeek(Math.min(duration, Math.max(0, at + step)));
        }}
      />
    </div>
  );
}

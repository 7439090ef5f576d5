// How the picture comes: way, delay, loss, bit rate. Asked for each second while it is shown.

import { useEffect, useState } from "react";

import { t } from "../../i18n";
import { bitRate, milliseconds, number, percent } from "../../i18n/format";
import { causeWords, usePlayerState, wayName } from "../../parts/LivePicture";
import type { Player, Stats } from "../../player/player";
import styles from "./Figures.module.css";

export function Figures({ player }: { player: Player | null }) {
  const state = usePlayerState(player);
  const [stats, setStats] = useState<Stats | null>(null);
  useEffect(() => {
    let over = false;
    const look = async () => {
      const found = await player?.stats().catch(() => null);
      if (!over) setStats(found ?? null);
    };
    void look();
    const timer = setInterval(() => void look(), 1000);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [player]);

  const rows: [string, string | undefined][] = [
    [t("camera.figures.way"), state.way ? wayName(state.way) : undefined],
    [t("camera.figures.why"), state.reasons.map((each) => causeWords(each).text).join("; ") || undefined],
    [t("camera.figures.first"), state.firstMs === null ? undefined : milliseconds(state.firstMs)],
    [t("camera.figures.size"), stats?.width ? `${stats.width} × ${stats.height}` : undefined],
    [t("camera.figures.fps"), stats?.fps === undefined ? undefined : number(stats.fps, 1)],
    [t("camera.figures.rate"), stats?.bitsPerSecond === undefined ? undefined : bitRate(stats.bitsPerSecond)],
    [t("camera.figures.delay"), stats?.delayMs === undefined ? undefined : milliseconds(stats.delayMs)],
    [
      t("camera.figures.trip"),
      stats?.roundTripMs === undefined ? undefined : milliseconds(stats.roundTripMs),
    ],
    [t("camera.figures.loss"), stats?.loss === undefined ? undefined : percent(stats.loss, 2)],
    [t("camera.figures.dropped"), stats?.dropped === undefined ? undefined : number(stats.dropped)],
    [t("camera.figures.codec"), stats?.codec],
  ];
  return (
    // More than fits over the picture of a phone is scrolled to.
    <dl className={styles.figures} tabIndex={0} aria-label={t("camera.figures")} data-figures="">
      {rows.map(
        ([name, value]) =>
          value !== undefined && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

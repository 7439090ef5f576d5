// All cameras at a glance: each live while it is in view, as many as the device bears.

import { useDeferredValue, useEffect, useState } from "react";
import { navigate } from "wouter/use-hash-location";

import type { CameraView } from "../../api/types";
import { t, tn } from "../../i18n";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { useKeys } from "../../parts/keys";
import { Page } from "../../parts/Page";
import { Waiting } from "../../parts/Waiting";
import { bearable, LiveSlots } from "../../player/slots";
import { refreshReaders } from "../../state/connection";
import { ordered, useSettings } from "../../state/settings";
import { useApp } from "../../state/store";
import { Arranging } from "./Arranging";
import { grouped } from "./arrangement";
import styles from "./CamerasPage.module.css";
import { Tile } from "./Tile";

const READERS_MS = 5000;

function mostLive(wish: "all" | "some" | "none"): number {
  return wish === "all" ? Infinity : wish === "none" ? 0 : bearable();
}

/** Readers are asked for while somebody looks: there is no event for them. */
function useReaders(): void {
  const open = useApp(({ link }) => link.phase === "open");
  useEffect(() => {
    if (!open) return;
    const timer = setInterval(() => {
      if (!document.hidden) refreshReaders().catch(() => undefined);
    }, READERS_MS);
    return () => clearInterval(timer);
  }, [open]);
}

function Grid({
  cameras,
  first,
  slots,
}: {
  cameras: readonly CameraView[];
  first: number;
  slots: LiveSlots;
}) {
  const size = cameras.length === 1 ? styles.one : cameras.length <= 4 ? styles.few : styles.many;
  return (
    <div className={size}>
      {cameras.map((camera, at) => (
        <Tile key={camera.device} camera={camera} place={first + at} slots={slots} />
      ))}
    </div>
  );
}

export default function CamerasPage() {
  const all = useApp((state) => state.cameras);
  const known = useApp((state) => state.knownAt !== null);
  const order = useSettings((settings) => settings.order);
  const hidden = useSettings((settings) => settings.hidden);
  const groups = useSettings((settings) => settings.groups);
  const liveTiles = useSettings((settings) => settings.liveTiles);
  const [arranging, arrange] = useState(false);
  // The button shows at once that it was pressed; what takes the place of the tiles comes right behind.
  const arranged = useDeferredValue(arranging);
  const [slots] = useState(() => new LiveSlots(mostLive(liveTiles)));
  useEffect(() => slots.setMost(mostLive(liveTiles)), [slots, liveTiles]);
  useReaders();

  const cameras = ordered(Object.values(all), { order, hidden });
  const count = Object.keys(all).length;
  const openWall = () => {
    document.documentElement.requestFullscreen().catch(() => undefined); // the wall is there without it too
    navigate("/wall");
  };
  useKeys(t("cameras.title"), [
    { key: "w", text: t("cameras.wall"), run: openWall },
    { key: "a", text: t("cameras.arrange"), run: () => arrange(!arranging) },
  ]);
  const sections = grouped(cameras, groups);
  let first = 0;
  return (
    <Page
      title={t("cameras.title")}
      wide
      beside={
        count > 0 && (
          <span className={styles.count}>
            {tn("cameras.connected", cameras.filter(({ status }) => status === "CONNECTED").length)}
            {hidden.length > 0 && ` · ${tn("cameras.hidden", count - cameras.length)}`}
          </span>
        )
      }
      actions={
        count > 0 && (
          <>
            <Button
              kind="quiet"
              icon="arrange"
              aria-label={t("cameras.arrange")}
              aria-pressed={arranging}
              onClick={() => arrange(!arranging)}
            >
              <span className={styles.words}>{t("cameras.arrange")}</span>
            </Button>
            <Button kind="quiet" icon="wall" aria-label={t("cameras.wall")} onClick={openWall}>
              <span className={styles.words}>{t("cameras.wall")}</span>
            </Button>
          </>
        )
      }
    >
      {!known && <Waiting label={t("loading")} />}
      {known && count === 0 && (
        <Empty icon="cameras" title={t("cameras.none")}>
          <p>{t("cameras.none.do")}</p>
        </Empty>
      )}
      {arranged && <Arranging cameras={ordered(Object.values(all), { order, hidden }, true)} />}
      {!arranged &&
        sections.map(({ group, members }) => {
          const from = first;
          first += members.length;
          return (
            <section key={group} className={styles.section} aria-label={group || t("cameras.title")}>
              {group && <h2 className={styles.group}>{group}</h2>}
              <Grid cameras={members} first={from} slots={slots} />
            </section>
          );
        })}
      {known && count > 0 && cameras.length === 0 && !arranged && (
        <Empty icon="eye-off" title={t("cameras.allhidden")}>
          <p>{t("cameras.allhidden.do")}</p>
        </Empty>
      )}
    </Page>
  );
}

// All cameras, live, on the whole screen, with nothing else: for a monitor on the wall.

import { useEffect, useRef, useState } from "react";
import { navigate } from "wouter/use-hash-location";

import { t } from "../../i18n";
import { Button } from "../../parts/Button";
import { restWords } from "../../parts/camera/words";
import { Empty } from "../../parts/Empty";
import { useKeys } from "../../parts/keys";
import { LivePicture } from "../../parts/LivePicture";
import { ordered, useSettings } from "../../state/settings";
import { useApp } from "../../state/store";
import { useAwake } from "./awake";
import { columnsFor } from "./layout";
import styles from "./WallPage.module.css";

const TOUCHED_MS = 3000;

/** Whether somebody has moved the pointer, touched or pressed a key just now. */
function useTouched(): boolean {
  const [touched, setTouched] = useState(true);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const touch = () => {
      setTouched(true);
      clearTimeout(timer);
      timer = setTimeout(() => setTouched(false), TOUCHED_MS);
    };
    touch();
    const events = ["pointermove", "pointerdown", "keydown"] as const;
    for (const each of events) addEventListener(each, touch);
    return () => {
      clearTimeout(timer);
      for (const each of events) removeEventListener(each, touch);
    };
  }, []);
  return touched;
}

export default function WallPage() {
  const all = useApp((state) => state.cameras);
  const known = useApp((state) => state.knownAt !== null);
  const order = useSettings((settings) => settings.order);
  const hidden = useSettings((settings) => settings.hidden);
  const wall = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: innerWidth, height: innerHeight });
  const touched = useTouched();
  useAwake();
  useEffect(() => {
    document.title = `${t("wall.title")} · camsvc`;
    const resized = () => setSize({ width: innerWidth, height: innerHeight });
    addEventListener("resize", resized);
    return () => removeEventListener("resize", resized);
  }, []);

  const leave = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    navigate("/");
  };
  useKeys(t("wall.title"), [{ key: "Escape", text: t("wall.leave"), run: leave }]);

  const cameras = ordered(Object.values(all), { order, hidden });
  const columns = columnsFor(cameras.length, size.width, size.height);
  return (
    <div ref={wall} className={styles.wall} data-touched={touched}>
      <h1 className="only-heard">{t("wall.title")}</h1>
      {known && cameras.length === 0 && <Empty icon="cameras" title={t("cameras.none")} />}
      <div className={styles.grid} style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
        {cameras.map((camera) => (
          <section
            key={camera.device}
            className={styles.cell}
            data-device={camera.device}
            aria-label={camera.name}
          >
            <LivePicture device={camera.device} name={camera.name} rests={restWords(camera)} />
            <h2 className={styles.name}>{camera.name}</h2>
          </section>
        ))}
      </div>
      <div className={styles.leave}>
        <Button kind="over" icon="close" onClick={leave}>
          {t("wall.leave")}
        </Button>
      </div>
    </div>
  );
}

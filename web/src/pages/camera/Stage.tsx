// The large picture of a camera: full screen, in a window of its own, zoomed and moved.

import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";

import { t } from "../../i18n";
import { number } from "../../i18n/format";
import { IconButton } from "../../parts/Button";
import { restWords } from "../../parts/camera/words";
import { useKeys } from "../../parts/keys";
import { LivePicture, usePlayerState } from "../../parts/LivePicture";
import { tellUnavailable } from "../../parts/unavailable";
import { panned, transformOf, WHOLE, zoomedAt, type Zoom } from "../../parts/zoom";
import type { CameraView } from "../../api/types";
import type { Player, Wish } from "../../player/player";
import { Figures } from "./Figures";
import styles from "./Stage.module.css";

const STEP = 1.25;

interface StageProps {
  camera: CameraView;
  wish: Wish;
}

/** Zoom by wheel, two fingers, dragging and keys. */
function useZoom(place: React.RefObject<HTMLDivElement | null>) {
  const [zoom, setZoom] = useState<Zoom>(WHOLE);
  const fingers = useRef(new Map<number, { x: number; y: number }>());
  const isWhole = useRef(true);
  useEffect(() => {
    isWhole.current = zoom.scale === 1;
  }, [zoom]);

  useEffect(() => {
    const here = place.current;
    if (!here) return;
    // React hears the wheel passively, and then the page would scroll too.
    const onWheel = (event: WheelEvent) => {
      if (isWhole.current && event.deltaY > 0) return; // there is nothing to zoom out of: the page scrolls
      if ((event.target as Element).closest("[data-figures]")) return;
      event.preventDefault();
      const { left, top, width, height } = here.getBoundingClientRect();
      const x = (event.clientX - left) / width - 0.5;
      const y = (event.clientY - top) / height - 0.5;
      setZoom((before) => zoomedAt(before, Math.exp(-event.deltaY / 300), x, y));
    };
    here.addEventListener("wheel", onWheel, { passive: false });
    return () => here.removeEventListener("wheel", onWheel);
  }, [place]);

  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if ((event.target as Element).closest("button, [data-figures]")) return;
    fingers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    const all = fingers.current;
    const before = all.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    const other = [...all].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const factor =
        Math.hypot(now.x - other.x, now.y - other.y) / Math.hypot(before.x - other.x, before.y - other.y);
      const x = ((now.x + other.x) / 2 - left) / width - 0.5;
      const y = ((now.y + other.y) / 2 - top) / height - 0.5;
      if (Number.isFinite(factor)) setZoom((last) => zoomedAt(last, factor, x, y));
    } else {
      setZoom((last) => panned(last, (now.x - before.x) / width, (now.y - before.y) / height));
    }
    all.set(event.pointerId, now);
  };
  const onPointerUp = (event: PointerEvent) => fingers.current.delete(event.pointerId);
  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[
      event.key
    ];
    if (move && zoom.scale > 1) {
      event.preventDefault();
      setZoom((last) => panned(last, move[0] ?? 0, move[1] ?? 0));
    }
  };
  const by = useCallback((factor: number) => setZoom((last) => zoomedAt(last, factor, 0, 0)), []);
  const reset = useCallback(() => setZoom(WHOLE), []);
  return {
    zoom,
    by,
    reset,
    handlers: {
      onPointerDown,
      onPointerMove,
      onPointerUp,
      onPointerCancel: onPointerUp,
      onKeyDown,
      onDoubleClick: () => (zoom.scale > 1 ? reset() : by(2)),
    },
  };
}

/** The whole screen, or the whole window where the browser gives no page the screen, as on iPhones. */
function useFullScreen(place: React.RefObject<HTMLDivElement | null>) {
  const [full, setFull] = useState(false);
  useEffect(() => {
    const changed = () => setFull(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", changed);
    return () => document.removeEventListener("fullscreenchange", changed);
  }, []);
  const toggle = () => {
    if (!document.fullscreenEnabled) setFull(!full);
    else if (document.fullscreenElement) void document.exitFullscreen();
    else void place.current?.requestFullscreen();
  };
  return { full, toggle };
}

export function Stage({ camera, wish }: StageProps) {
  const { device, name } = camera;
  const place = useRef<HTMLDivElement>(null);
  const picture = useRef<HTMLDivElement>(null);
  const [player, setPlayer] = useState<Player | null>(null);
  const [figures, showFigures] = useState(false);
  const { zoom, by, reset, handlers } = useZoom(place);
  const { full, toggle } = useFullScreen(place);
  const canPip = document.pictureInPictureEnabled;
  const { way } = usePlayerState(player);
  const noPip = way === "webrtc" || way === "hls" ? null : t("camera.pip.notnow");

  useEffect(() => {
    if (picture.current) picture.current.style.transform = transformOf(zoom);
  }, [zoom]);

  const pip = () => {
    const video = picture.current?.querySelector("video");
    if (document.pictureInPictureElement) void document.exitPictureInPicture();
    else if (noPip !== null) tellUnavailable(noPip);
    else void video?.requestPictureInPicture().catch(() => tellUnavailable(t("camera.pip.refused")));
  };

  useKeys(t("camera.keys"), [
    { key: "f", text: t("camera.full"), run: toggle },
    ...(canPip ? [{ key: "p", text: t("camera.pip"), run: pip }] : []),
    { key: "+", text: t("camera.zoom.in"), run: () => by(STEP) },
    { key: "-", text: t("camera.zoom.out"), run: () => by(1 / STEP) },
    { key: "0", text: t("camera.zoom.reset"), run: reset },
    { key: "i", text: t("camera.figures"), run: () => showFigures(!figures) },
  ]);

  return (
    <div
      ref={place}
      className={styles.stage}
      data-device={device}
      data-zoomed={zoom.scale > 1}
      data-full={full}
      role="group"
      aria-label={t("camera.picture.of", { name })}
      tabIndex={zoom.scale > 1 ? 0 : -1}
      {...handlers}
    >
      <LivePicture
        device={device}
        name={name}
        rests={restWords(camera)}
        wish={wish}
        onPlayer={setPlayer}
        pictureRef={picture}
      >
        {figures && <Figures player={player} />}
      </LivePicture>
      <div className={styles.tools}>
        {zoom.scale > 1 && (
          <>
            <span className={styles.scale}>{number(zoom.scale, 1)}×</span>
            <IconButton kind="over" icon="minus" label={t("camera.zoom.out")} onClick={() => by(1 / STEP)} />
          </>
        )}
        <IconButton kind="over" icon="plus" label={t("camera.zoom.in")} onClick={() => by(STEP)} />
        <IconButton
          kind="over"
          icon="gauge"
          label={t("camera.figures")}
          aria-pressed={figures}
          onClick={() => showFigures(!figures)}
        />
        {canPip && (
          <IconButton kind="over" icon="pip" label={t("camera.pip")} unavailable={noPip} onClick={pip} />
        )}
        <IconButton
          kind="over"
          icon={full ? "full-off" : "full"}
          label={full ? t("camera.full.leave") : t("camera.full")}
          onClick={toggle}
        />
      </div>
    </div>
  );
}

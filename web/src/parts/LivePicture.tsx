// A camera's picture, as live as it can be had; where it is not, it says so and since when.

import {
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
  type ReactNode,
  type Ref,
} from "react";

import { t } from "../i18n";
import { ago } from "../i18n/format";
import { shortly } from "../i18n/reasons";
import type { Said } from "../i18n/said";
import { Player, type Cause, type PlayerState, type Wish } from "../player/player";
import { classes } from "./classes";
import styles from "./LivePicture.module.css";
import { useNow } from "./now";
import { Words } from "./Words";

/** Why there is no picture, or not by a better way. */
export function causeWords({ why, failure }: Cause): Said {
  if (failure) return shortly(failure);
  return { text: t(`player.why.${why === "refused" ? "no-picture" : why}`) };
}

export const wayName = (way: "webrtc" | "hls" | "pictures"): string => t(`camera.way.${way}`);

interface LivePictureProps {
  device: string;
  name: string;
  /** What keeps the camera from giving a picture, in words; null when nothing does. */
  rests: ReactNode;
  wish?: Wish;
  /** It is shown only while it is in view, plus a little. */
  seen?: boolean;
  /** It fills its place, at the price of its edges. */
  cover?: boolean;
  /** Told of the player, to ask it for more. */
  onPlayer?: (player: Player | null) => void;
  pictureRef?: Ref<HTMLDivElement>;
  children?: ReactNode;
}

const IDLE: PlayerState = {
  phase: "waiting",
  way: null,
  reasons: [],
  trouble: null,
  pictureAt: null,
  old: false,
  firstMs: null,
};

export function usePlayerState(player: Player | null): PlayerState {
  return useSyncExternalStore(player?.subscribe ?? (() => () => undefined), () => player?.state ?? IDLE);
}

function State({ state, rests }: { state: PlayerState; rests: ReactNode }) {
  if (rests !== null) return rests;
  if (state.phase === "moving") return null;
  if (state.phase === "paused" && state.pictureAt !== null) return t("player.paused");
  if (state.trouble) return <Words said={causeWords(state.trouble)} />;
  return state.phase === "again" ? t("player.again") : t("player.waiting");
}

function Age({ at }: { at: number }) {
  const now = useNow();
  return <span className={styles.age}>{t("player.old", { ago: ago(at, Math.max(now, at)) })}</span>;
}

export function LivePicture({
  device,
  name,
  rests,
  wish = "auto",
  seen = true,
  cover = false,
  onPlayer,
  pictureRef,
  children,
}: LivePictureProps) {
  const video = useRef<HTMLVideoElement>(null);
  const image = useRef<HTMLImageElement>(null);
  const frozen = useRef<HTMLCanvasElement>(null);
  const [player, setPlayer] = useState<Player | null>(null);
  const first = useRef(wish);
  const state = usePlayerState(player);
  const resting = rests !== null;

  useLayoutEffect(() => {
    if (!video.current || !image.current || !frozen.current) return;
    const made = new Player(
      device,
      { video: video.current, image: image.current, frozen: frozen.current },
      first.current,
    );
    setPlayer(made);
    return () => {
      made.stop();
      setPlayer(null);
    };
  }, [device]);

  useEffect(() => {
    onPlayer?.(player);
  }, [player, onPlayer]);

  useEffect(() => {
    first.current = wish;
    player?.wishFor(wish);
  }, [player, wish]);

  useEffect(() => {
    if (!player) return;
    if (resting) player.rest();
    else if (!seen) player.pause();
    else if (player.state.phase === "paused") player.resume();
    else void player.start();
  }, [player, resting, seen]);

  const shown = state.phase === "moving";
  return (
    <div
      className={classes(styles.screen, cover && styles.cover)}
      data-phase={state.phase}
      data-way={state.way ?? ""}
      data-first-ms={state.firstMs === null ? "" : Math.round(state.firstMs)}
    >
      <div ref={pictureRef} className={classes(styles.picture, state.old && styles.old)}>
        <video ref={video} muted autoPlay playsInline hidden aria-label={t("player.live.of", { name })} />
        <img ref={image} alt={t("player.newest.of", { name })} hidden />
        <canvas ref={frozen} hidden role="img" aria-label={t("player.last.of", { name })} />
      </div>
      {!shown && (
        <p
          className={classes(styles.words, state.pictureAt !== null && styles.below)}
          data-role="words"
          role="status"
        >
          <State state={state} rests={rests} />
        </p>
      )}
      {state.old && state.pictureAt !== null && <Age at={state.pictureAt} />}
      {children}
    </div>
  );
}

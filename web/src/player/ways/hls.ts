// Video by HLS (RFC 8216), some seconds behind: by hls.js where the browser has Media Source Extensions, else by the
// browser itself.

import type Hls from "hls.js";

import { BASE } from "../../api/base";
import {
  ANSWERED_MS,
  framesOf,
  nextFrame,
  NoWay,
  Rate,
  refusal,
  within,
  type Screen,
  type Stats,
  type Way,
  type Why,
} from "./way";

const PLAYING_MS = 20_000;

function hasMediaSource(): boolean {
  return typeof MediaSource === "function" || "ManagedMediaSource" in window;
}

async function loadHls(): Promise<typeof Hls> {
  try {
    return (await import("hls.js")).default;
  } catch {
    throw new NoWay("hls-missing");
  }
}

export class HlsVideo implements Way {
  static readonly way = "hls";
  readonly name = "hls";
  private readonly url: string;
  private readonly video: HTMLVideoElement;
  private readonly abort = new AbortController();
  private hls: Hls | null = null;
  private broken = false;
  private bytes = 0;
  private readonly byteRate = new Rate();
  private readonly frameRate = new Rate();

  constructor(device: string, { video }: Screen) {
    this.url = `${BASE}live/${device}/index.m3u8`;
    this.video = video;
  }

  static impossible(): Why | null {
    const plays = document.createElement("video").canPlayType("application/vnd.apple.mpegurl") !== "";
    return hasMediaSource() || plays ? null : "no-hls";
  }

  async start(): Promise<void> {
    // The first request trades the login for a session's URL; a refusal is told by it in words.
    const asked = fetch(this.url, { signal: this.abort.signal });
    const response = await within(ANSWERED_MS, asked, new NoWay("no-picture"));
    if (!response.ok) throw await refusal(response);
    const Script = hasMediaSource() ? await loadHls() : null;
    if (this.broken) throw new NoWay("ended");
    const failed = Script?.isSupported() ? this.byScript(Script, response.url) : this.byBrowser(response.url);
    failed.catch(() => undefined);
    await within(PLAYING_MS, Promise.race([nextFrame(this.video), failed]), new NoWay("no-picture"));
  }

  private byScript(Script: typeof Hls, url: string): Promise<never> {
    const hls = (this.hls = new Script({
      liveSyncDurationCount: 2,
      maxLiveSyncPlaybackRate: 1.2,
      backBufferLength: 10,
    }));
    hls.loadSource(url);
    hls.attachMedia(this.video);
    this.video.play().catch(() => undefined);
    hls.on(Script.Events.FRAG_LOADED, (_event, { frag }) => {
      this.bytes += frag.stats.loaded;
    });
    return new Promise((_, fail) => {
      hls.on(Script.Events.ERROR, (_event, data) => {
        if (!data.fatal) return;
        this.broken = true;
        fail(new NoWay("hls-failed", data.details));
      });
    });
  }

  private byBrowser(url: string): Promise<never> {
    this.video.src = url;
    this.video.play().catch(() => undefined);
    return new Promise((_, fail) => {
      this.video.onerror = () => {
        this.broken = true;
        fail(new NoWay("hls-failed"));
      };
    });
  }

  frames(): number {
    return this.broken ? -1 : framesOf(this.video);
  }

  stats(): Promise<Stats> {
    const { video, hls } = this;
    const edge = video.seekable.length ? video.seekable.end(video.seekable.length - 1) : undefined;
    const behind = hls ? hls.latency : edge === undefined ? undefined : edge - video.currentTime;
    const bytes = hls ? this.byteRate.of(this.bytes) : undefined;
    return Promise.resolve({
      width: video.videoWidth,
      height: video.videoHeight,
      fps: this.frameRate.of(framesOf(video)),
      bitsPerSecond: bytes === undefined ? undefined : bytes * 8,
      delayMs: behind === undefined ? undefined : behind * 1000,
      dropped:
        "getVideoPlaybackQuality" in video ? video.getVideoPlaybackQuality().droppedVideoFrames : undefined,
      codec: hls?.levels[hls.currentLevel]?.videoCodec,
    });
  }

  stop(): void {
    this.broken = true;
    this.abort.abort();
    this.hls?.destroy();
    this.hls = null;
    this.video.onerror = null;
    this.video.removeAttribute("src");
    this.video.load();
  }
}

// Live video by WebRTC: WHEP (draft-ietf-wish-whep) for the signalling, UDP for the media.

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

const CONNECTED_MS = 4_000;
const SHOWN_MS = 8_000;
/** The engine that is asked to end a session may be the one that has died. */
const LEFT_MS = 5_000;
/** Of what the session's end brings; half a second was too little where 20 processes wanted the processor. */
const QUIET_MS = 2_000;

type Inbound = RTCInboundRtpStreamStats & { totalDecodeTime?: number; totalProcessingDelay?: number };

export class WebRtc implements Way {
  static readonly way = "webrtc";
  readonly name = "webrtc";
  private readonly url: string;
  private readonly video: HTMLVideoElement;
  private readonly abort = new AbortController();
  private peer: RTCPeerConnection | null = null;
  private session: string | null = null;
  private readonly bytes = new Rate();
  private readonly decoded = new Rate();
  private buffered = { delay: 0, emitted: 0 };

  constructor(device: string, { video }: Screen) {
    this.url = `${BASE}live/${device}/whep`;
    this.video = video;
  }

  static impossible(): Why | null {
    return typeof RTCPeerConnection === "function" ? null : "no-webrtc";
  }

  async start(): Promise<void> {
    const peer = (this.peer = new RTCPeerConnection({ iceServers: [] }));
    const stream = new MediaStream();
    peer.addTransceiver("video", { direction: "recvonly" });
    peer.addTransceiver("audio", { direction: "recvonly" });
    peer.ontrack = ({ track }) => {
      stream.addTrack(track);
      this.video.srcObject = stream;
    };
    const connected = new Promise<void>((done, fail) => {
      peer.onconnectionstatechange = () => {
        if (peer.connectionState === "connected") done();
        else if (peer.connectionState === "failed") fail(new NoWay("udp-blocked"));
      };
    });
    connected.catch(() => undefined);
    await peer.setLocalDescription();
    // The browser's own addresses are not waited for: the engine learns the right one by the first check that it gets.
    await peer.setRemoteDescription({
      type: "answer",
      sdp: await this.offer(peer.localDescription?.sdp ?? ""),
    });
    const shown = nextFrame(this.video);
    await within(CONNECTED_MS, Promise.race([shown, connected]), new NoWay("udp-blocked"));
    await within(SHOWN_MS, shown, new NoWay("no-picture"));
  }

  private async offer(body: string): Promise<string> {
    const timeout = setTimeout(() => this.abort.abort(), ANSWERED_MS);
    try {
      const headers = { "Content-Type": "application/sdp" };
      const response = await fetch(this.url, { method: "POST", headers, body, signal: this.abort.signal });
      if (response.status !== 201) throw await refusal(response);
      this.session = new URL(response.headers.get("Location") ?? "", response.url).href;
      if (this.peer === null) {
        void this.leave();
        throw new NoWay("ended");
      }
      return await response.text();
    } finally {
      clearTimeout(timeout);
    }
  }

  frames(): number {
    const lost = this.peer === null || ["failed", "closed"].includes(this.peer.connectionState);
    return lost ? -1 : framesOf(this.video);
  }

  async stats(): Promise<Stats> {
    const stats: Stats = { width: this.video.videoWidth, height: this.video.videoHeight };
    const report = await this.peer?.getStats();
    const codecs = new Map<string, string>();
    report?.forEach((each: RTCStats) => {
      if (each.type === "codec") codecs.set(each.id, (each as RTCStats & { mimeType: string }).mimeType);
    });
    report?.forEach((each: RTCStats) => {
      if (each.type === "inbound-rtp" && (each as Inbound).kind === "video") {
        this.readInbound(each as Inbound, stats, codecs);
      }
      const pair = each as RTCIceCandidatePairStats;
      if (each.type === "candidate-pair" && pair.nominated && pair.currentRoundTripTime !== undefined) {
        stats.roundTripMs = pair.currentRoundTripTime * 1000;
      }
    });
    if (stats.delayMs !== undefined) stats.delayMs += (stats.roundTripMs ?? 0) / 2;
    return stats;
  }

  private readInbound(inbound: Inbound, stats: Stats, codecs: ReadonlyMap<string, string>): void {
    const {
      packetsLost = 0,
      packetsReceived = 0,
      jitterBufferDelay = 0,
      jitterBufferEmittedCount = 0,
    } = inbound;
    const bytes = this.bytes.of(inbound.bytesReceived ?? 0);
    stats.bitsPerSecond = bytes === undefined ? undefined : bytes * 8;
    stats.fps = inbound.framesPerSecond ?? this.decoded.of(inbound.framesDecoded ?? 0);
    stats.loss = packetsLost > 0 ? packetsLost / (packetsLost + packetsReceived) : 0;
    stats.dropped = inbound.framesDropped;
    stats.codec = codecs.get(inbound.codecId ?? "")?.replace(/^video\//, "");
    const emitted = jitterBufferEmittedCount - this.buffered.emitted;
    if (emitted > 0) stats.delayMs = ((jitterBufferDelay - this.buffered.delay) / emitted) * 1000;
    this.buffered = { delay: jitterBufferDelay, emitted: jitterBufferEmittedCount };
  }

  /** End the session at the engine, which ends it by itself as soon as the connection is closed: so this comes first. */
  private async leave(): Promise<void> {
    const session = this.session;
    this.session = null;
    if (!session) return;
    const leaving = fetch(session, {
      method: "DELETE",
      keepalive: true,
      signal: AbortSignal.timeout(LEFT_MS),
    });
    await leaving.catch(() => undefined);
  }

  stop(): void {
    const peer = this.peer;
    this.peer = null;
    this.abort.abort();
    this.video.srcObject = null;
    if (!peer) return;
    // Chromium never frees a peer that is closed while an event of it waits (RTCPeerConnection::ScheduleDispatchEvent
    // holds it, close() drops the event but not the hold), nor what its handlers reach: the page around the video. They
    // go first, and it is closed when the events that the session's end brings are over.
    peer.ontrack = peer.onconnectionstatechange = null;
    void this.leave().finally(() => setTimeout(() => peer.close(), QUIET_MS));
  }
}

// Three transports of a camera's picture: WebRTC (WHEP), HLS, single pictures. Each is a class with
//   start(): resolves once the picture moves, rejects with Refused where camsvc says why not, or with any other error;
//   frames(): how many frames there have been; stop(): ends it.

import { BASE } from "./base.js";

const ANSWERED_MS = 25000, CONNECTED_MS = 4000, SHOWN_MS = 8000, PLAYING_MS = 20000;
const UDP_BLOCKED = "no way through for WebRTC's packets (UDP)";

// camsvc says no, in words; status is HTTP's. Another transport would be told the same where `final` is true.
export class Refused extends Error {
  constructor(status, words) {
    super(words);
    this.status = status;
  }

  get final() {
    return this.status !== 400;
  }
}

async function refusal(response) {
  let words = `HTTP ${response.status}`;
  try {
    words = (await response.json()).error.message;
  } catch { /* not one of camsvc's answers */ }
  return new Refused(response.status, words);
}

function within(ms, promise, words) {
  let timer;
  const late = new Promise((_, fail) => { timer = setTimeout(() => fail(new Error(words)), ms); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// A frame has been drawn after this was called.
function nextFrame(video) {
  return new Promise((done) => {
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(() => done());
    else video.addEventListener("timeupdate", () => done(), { once: true });
  });
}

function framesOf(video) {
  const quality = video.getVideoPlaybackQuality?.();
  return quality ? quality.totalVideoFrames : Math.floor(video.currentTime * 10);
}

export class WebRtc {
  static label = "WebRTC";
  static possible = () => typeof RTCPeerConnection === "function";

  constructor(device, video) {
    this.url = `${BASE}live/${device}/whep`;
    this.video = video;
    this.abort = new AbortController();
  }

  async start() {
    const peer = this.peer = new RTCPeerConnection({ iceServers: [] });
    const stream = new MediaStream();
    peer.addTransceiver("video", { direction: "recvonly" });
    peer.addTransceiver("audio", { direction: "recvonly" });
    peer.ontrack = ({ track }) => {
      stream.addTrack(track);
      this.video.srcObject = stream;
    };
    const connected = new Promise((done, fail) => {
      peer.onconnectionstatechange = () => {
        if (peer.connectionState === "connected") done();
        else if (peer.connectionState === "failed") fail(new Error(UDP_BLOCKED));
      };
    });
    connected.catch(() => {});
    await peer.setLocalDescription();
    // The browser's own addresses are not waited for: the engine learns the right one by the first check that it gets.
    const headers = { "Content-Type": "application/sdp" };
    const signal = AbortSignal.any([this.abort.signal, AbortSignal.timeout(ANSWERED_MS)]);
    const body = peer.localDescription.sdp;
    const response = await fetch(this.url, { method: "POST", headers, body, signal });
    if (response.status !== 201) throw await refusal(response);
    this.session = new URL(response.headers.get("Location"), response.url).href;
    if (this.stopped) {
      this.leave();
      return;
    }
    await peer.setRemoteDescription({ type: "answer", sdp: await response.text() });
    const shown = nextFrame(this.video);
    await within(CONNECTED_MS, Promise.race([shown, connected]), UDP_BLOCKED);
    await within(SHOWN_MS, shown, "connected over WebRTC, but no picture came");
  }

  frames() {
    const lost = ["failed", "closed"].includes(this.peer.connectionState);
    return lost ? -1 : framesOf(this.video);
  }

  leave() {
    if (this.session) fetch(this.session, { method: "DELETE", keepalive: true }).catch(() => {});
    this.session = null;
  }

  stop() {
    this.stopped = true;
    this.abort.abort();
    this.leave();
    this.peer?.close();
    this.video.srcObject = null;
  }
}

let hlsScript;

function loadHls() {
  hlsScript ??= new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = `${BASE}page/hls.js`;
    script.onload = () => done(window.Hls);
    script.onerror = () => {
      hlsScript = undefined;
      fail(new Error("hls.js is not installed on this camsvc"));
    };
    document.head.append(script);
  });
  return hlsScript;
}

export class HlsVideo {
  static label = "HLS";
  static possible = () => typeof MediaSource === "function" || typeof ManagedMediaSource === "function"
    || document.createElement("video").canPlayType("application/vnd.apple.mpegurl") !== "";

  constructor(device, video) {
    this.url = `${BASE}live/${device}/index.m3u8`;
    this.video = video;
    this.seen = 0;
  }

  async start() {
    // The first request trades the login for a session's URL; a refusal is told by it in words.
    const response = await fetch(this.url);
    if (!response.ok) throw await refusal(response);
    let Hls = null;
    if (typeof MediaSource === "function" || typeof ManagedMediaSource === "function") Hls = await loadHls();
    const failed = Hls?.isSupported() ? this.byScript(Hls, response.url) : this.byBrowser(response.url);
    failed.catch(() => {});
    const words = "no picture over HLS within 20 s";
    await within(PLAYING_MS, Promise.race([nextFrame(this.video), failed]), words);
  }

  byScript(Hls, url) {
    const hls = this.hls = new Hls({ liveSyncDurationCount: 2, maxLiveSyncPlaybackRate: 1.2, backBufferLength: 10 });
    hls.loadSource(url);
    hls.attachMedia(this.video);
    this.video.play().catch(() => {});
    return new Promise((_, fail) => {
      hls.on(Hls.Events.ERROR, (_event, data) => {
        if (!data.fatal) return;
        this.broken = true;
        fail(new Error(`HLS: ${data.details}`));
      });
    });
  }

  byBrowser(url) {
    this.video.src = url;
    this.video.play().catch(() => {});
    return new Promise((_, fail) => {
      this.video.onerror = () => {
        this.broken = true;
        fail(new Error("this browser does not play the stream"));
      };
    });
  }

  frames() {
    return this.broken ? -1 : framesOf(this.video);
  }

  stop() {
    this.hls?.destroy();
    this.video.onerror = null;
    this.video.removeAttribute("src");
    this.video.load();
  }
}

export class Pictures {
  static label = "Pictures";
  static possible = () => true;

  constructor(device, _video, image) {
    this.url = `${BASE}cameras/${device}/preview.mjpeg`;
    this.image = image;
    this.abort = new AbortController();
    this.count = 0;
  }

  async start() {
    const response = await fetch(this.url, { signal: this.abort.signal, cache: "no-store" });
    if (!response.ok) throw await refusal(response);
    return new Promise((done, fail) => {
      this.read(response.body.getReader(), done).catch((why) => {
        this.broken = true;
        fail(why);
      });
    });
  }

  // The parts of multipart/x-mixed-replace, by their Content-Length.
  async read(reader, shown) {
    const decoder = new TextDecoder("latin1");
    let data = new Uint8Array(0);
    for (;;) {
      const { value, done } = await reader.read();
      if (done) throw new Error("the pictures have ended");
      const joined = new Uint8Array(data.length + value.length);
      joined.set(data);
      joined.set(value, data.length);
      data = joined;
      for (;;) {
        const head = decoder.decode(data.subarray(0, 300));
        const end = head.indexOf("\r\n\r\n");
        const length = /content-length: *(\d+)/i.exec(head.slice(0, end));
        if (end < 0 || !length || data.length < end + 4 + Number(length[1])) break;
        const last = end + 4 + Number(length[1]);
        await this.show(data.slice(end + 4, last));
        data = data.slice(last);
        shown();
      }
    }
  }

  async show(jpeg) {
    const before = this.image.src;
    this.image.src = URL.createObjectURL(new Blob([jpeg], { type: "image/jpeg" }));
    if (before) URL.revokeObjectURL(before);
    await this.image.decode().catch(() => {});
    this.count += 1;
  }

  frames() {
    return this.broken ? -1 : this.count;
  }

  stop() {
    this.abort.abort();
    if (this.image.src) URL.revokeObjectURL(this.image.src);
    this.image.removeAttribute("src");
  }
}

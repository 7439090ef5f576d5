import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { WebRtc } from "./webrtc";

/** The browser's, as far as it is asked here; happy-dom has none. */
class FakePeer {
  static all: FakePeer[] = [];
  ontrack: unknown = null;
  onconnectionstatechange: unknown = null;
  connectionState = "new";
  localDescription: { sdp: string } | null = null;
  constructor() {
    FakePeer.all.push(this);
  }
  addTransceiver = () => undefined;
  setLocalDescription(): Promise<void> {
    this.localDescription = { sdp: "v=0" };
    return Promise.resolve();
  }
  setRemoteDescription = () => Promise.resolve();
  close(): void {
    this.connectionState = "closed";
  }
}

/** The session is made; whoever ends it gets no answer, as from an engine that has died. */
function answer(_url: string, { method, signal }: RequestInit): Promise<Response> {
  if (method === "POST") {
    const response = new Response("v=0", { status: 201, headers: { Location: "/live/camera0/whep/1" } });
    return Promise.resolve(
      Object.defineProperty(response, "url", { value: "http://camsvc/live/camera0/whep" }),
    );
  }
  return new Promise((_, fail) => {
    signal?.addEventListener("abort", () => fail(signal.reason as Error));
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  FakePeer.all = [];
  vi.stubGlobal("RTCPeerConnection", FakePeer);
  vi.stubGlobal("MediaStream", EventTarget);
  vi.stubGlobal("fetch", vi.fn(answer));
  // Node.js' own does not know of fake timers.
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), ms);
    return abort.signal;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("WebRtc", () => {
  it("lets go of the page at once, and of its connection although nobody answers", async () => {
    const video = document.createElement("video");
    const way = new WebRtc("camera0", { video, image: document.createElement("img") });
    way.start().catch(() => undefined);
    await vi.advanceTimersByTimeAsync(0);
    const peer = FakePeer.all[0];
    expect(peer?.ontrack).toBeTypeOf("function");
    way.stop();
    expect([peer?.ontrack, peer?.onconnectionstatechange]).toEqual([null, null]);
    expect(vi.mocked(fetch).mock.calls.map(([, options]) => options?.method)).toEqual(["POST", "DELETE"]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(peer?.connectionState).toBe("new");
    await vi.advanceTimersByTimeAsync(2000);
    expect(peer?.connectionState).toBe("closed");
  });
});

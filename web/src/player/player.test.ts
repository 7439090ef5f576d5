import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Failure } from "../api/failure";
import { forgetPictures } from "./last-pictures";
import { everywhere } from "./notes";
import { Player, type Stage } from "./player";
import { NoWay, Refused, type Stats, type Way, type WayClass, type WayName, type Why } from "./ways/way";

interface Behaviour {
  impossible?: Why;
  fails?: Error;
  frames: number;
  started: number;
  stopped: number;
}

function behaviour(more: Partial<Behaviour> = {}): Behaviour {
  return { frames: 0, started: 0, stopped: 0, ...more };
}

function wayClass(name: WayName, how: Behaviour): WayClass {
  return class implements Way {
    static readonly way = name;
    readonly name = name;
    static impossible = () => how.impossible ?? null;
    start(): Promise<void> {
      how.started += 1;
      return how.fails ? Promise.reject(how.fails) : Promise.resolve();
    }
    frames(): number {
      return how.frames;
    }
    stats(): Promise<Stats> {
      return Promise.resolve({ width: 1, height: 1 });
    }
    stop(): void {
      how.stopped += 1;
    }
  };
}

function stage(): Stage {
  return {
    video: Object.defineProperties(document.createElement("video"), {
      videoWidth: { value: 1920 },
      videoHeight: { value: 1080 },
    }),
    image: document.createElement("img"),
    frozen: document.createElement("canvas"),
  };
}

const refused = Failure.from({
  code: -32050,
  message: "camera0 gave no picture",
  data: { reason: "no_picture" },
});

let webrtc: Behaviour, hls: Behaviour, pictures: Behaviour;
let player: Player;

function made(): Player {
  const classes = [wayClass("webrtc", webrtc), wayClass("hls", hls), wayClass("pictures", pictures)];
  return (player = new Player("camera0", stage(), "auto", classes));
}

/** Let so many seconds pass, in each of which the ways that run draw a frame. */
async function pass(seconds: number, ...moving: Behaviour[]): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    for (const each of moving) each.frames += 1;
    await vi.advanceTimersByTimeAsync(1000);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  everywhere.forgetAll();
  webrtc = behaviour();
  hls = behaviour();
  pictures = behaviour();
});
afterEach(() => {
  player.stop();
  forgetPictures();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("Player", () => {
  it("takes the best way, and leaves the others alone", async () => {
    await made().start();
    expect(player.state).toMatchObject({ phase: "moving", way: "webrtc", reasons: [], trouble: null });
    expect([webrtc.started, hls.started, pictures.started]).toEqual([1, 0, 0]);
  });

  it("falls to the next one, and says why", async () => {
    webrtc.fails = new NoWay("udp-blocked");
    hls.impossible = "no-hls";
    await made().start();
    expect(player.state.way).toBe("pictures");
    expect(player.state.reasons.map(({ way, why }) => [way, why])).toEqual([
      ["webrtc", "udp-blocked"],
      ["hls", "no-hls"],
    ]);
    expect(webrtc.stopped).toBe(1);
  });

  it("leaves a way that failed out for other cameras too, and forgets that when it works", async () => {
    webrtc.fails = new NoWay("udp-blocked");
    await made().start();
    const other = new Player("camera1", stage(), "auto", [wayClass("webrtc", webrtc), wayClass("hls", hls)]);
    await other.start();
    expect(webrtc.started).toBe(1);
    expect(other.state).toMatchObject({ way: "hls", reasons: [{ way: "webrtc", why: "udp-blocked" }] });
    other.stop();
  });

  it("tries a better way out of sight after a minute, and takes it when it works", async () => {
    webrtc.fails = new NoWay("udp-blocked");
    await made().start();
    await pass(59, hls);
    expect(webrtc.started).toBe(1);
    await pass(3, hls);
    expect(webrtc.started).toBe(2);
    expect(player.state.way).toBe("hls");
    delete webrtc.fails;
    await pass(62, hls, webrtc);
    expect(player.state).toMatchObject({ phase: "moving", way: "webrtc", reasons: [] });
  });

  it("asks no other way when camsvc refuses for all, and tries again with growing pauses", async () => {
    webrtc.fails = new Refused(503, refused);
    await made().start();
    expect(player.state).toMatchObject({
      phase: "waiting",
      trouble: { why: "refused", failure: refused },
    });
    expect(hls.started).toBe(0);
    await pass(1);
    expect(webrtc.started).toBe(2);
    await pass(1);
    expect(webrtc.started).toBe(2);
    delete webrtc.fails;
    await pass(1);
    expect(player.state.phase).toBe("moving");
  });

  it("takes another way when camsvc finds fault with the offer alone", async () => {
    webrtc.fails = new Refused(400, refused);
    await made().start();
    expect(player.state).toMatchObject({ way: "hls", reasons: [{ why: "refused", failure: refused }] });
    const other = new Player("camera1", stage(), "auto", [wayClass("webrtc", behaviour())]);
    await other.start();
    expect(other.state.way).toBe("webrtc"); // that was about one camera
    other.stop();
  });

  it("says that camsvc does not answer", async () => {
    webrtc.fails = new TypeError("Failed to fetch");
    await made().start();
    expect(player.state.trouble?.why).toBe("unreachable");
    expect(hls.started).toBe(0);
  });

  it("marks a picture that stands still as old, then begins anew", async () => {
    await made().start();
    await pass(2, webrtc);
    expect(player.state.old).toBe(false);
    await pass(3);
    expect(player.state).toMatchObject({ phase: "moving", old: true });
    webrtc.fails = new NoWay("no-picture");
    hls.fails = new NoWay("no-picture");
    pictures.fails = new Refused(503, refused);
    await pass(2);
    expect(player.state).toMatchObject({ phase: "again", old: true });
    expect(player.state.pictureAt).not.toBeNull();
    delete webrtc.fails;
    await pass(90, webrtc, hls, pictures);
    expect(player.state).toMatchObject({ phase: "moving", old: false });
  });

  it("begins anew at once when its way is over", async () => {
    await made().start();
    webrtc.frames = -1;
    await pass(1);
    expect(webrtc.started).toBe(2);
  });

  it("shows what is wished for alone", async () => {
    await made().start();
    player.wishFor("pictures");
    await pass(0);
    expect(player.state).toMatchObject({ way: "pictures", reasons: [] });
    expect(webrtc.stopped).toBe(1);
  });

  it("pauses and goes on; a camera that rests stays so until it is started", async () => {
    await made().start();
    player.pause();
    expect(player.state).toMatchObject({ phase: "paused", old: true });
    expect(webrtc.stopped).toBe(1);
    player.resume();
    await pass(0);
    expect(player.state.phase).toBe("moving");
    player.rest();
    player.resume();
    await pass(60);
    expect(player.state.phase).toBe("resting");
    await player.start();
    expect(player.state.phase).toBe("moving");
  });

  it("begins with the last picture of its camera, which says how old it is, until that is forgotten", async () => {
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue({ drawImage: vi.fn() } as never);
    await made().start();
    await pass(2, webrtc);
    const seen = Date.now();
    player.stop();
    await pass(60);
    webrtc.fails = new TypeError("Failed to fetch");
    const next = stage();
    const again = new Player("camera0", next, "auto", [wayClass("webrtc", webrtc)]);
    await again.start();
    expect(again.state).toMatchObject({ phase: "again", old: true, pictureAt: seen });
    expect([next.frozen.hidden, next.frozen.width, next.frozen.height]).toEqual([false, 640, 360]);
    again.stop();
    const of = (device: string) => new Player(device, stage(), "auto", []).state.pictureAt;
    expect([of("camera0"), of("camera1")]).toEqual([seen, null]);
    forgetPictures();
    expect(of("camera0")).toBeNull();
  });

  it("pauses when the page is out of sight for long, and goes on when it is seen", async () => {
    const hidden = vi.spyOn(document, "hidden", "get");
    await made().start();
    hidden.mockReturnValue(true);
    document.dispatchEvent(new Event("visibilitychange"));
    await pass(29, webrtc);
    expect(player.state.phase).toBe("moving");
    await pass(2, webrtc);
    expect(player.state.phase).toBe("paused");
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event("visibilitychange"));
    await pass(0);
    expect(player.state.phase).toBe("moving");
  });
});

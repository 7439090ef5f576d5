import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Pictures } from "./pictures";

interface Asked {
  at: number;
  etag: string | null;
}

let asked: Asked[];
let answers: Response[];
let image: HTMLImageElement;

const picture = (etag: string) => new Response("jpeg", { headers: { ETag: etag } });
const same = () => new Response(null, { status: 304 });

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  vi.stubGlobal("fetch", (_url: string, { headers }: { headers: Record<string, string> }) => {
    asked.push({ at: Date.now(), etag: headers["If-None-Match"] ?? null });
    return Promise.resolve(answers.shift() ?? same());
  });
  image = document.createElement("img");
  image.decode = () => Promise.resolve();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("Pictures", () => {
  it("are asked for once a second by ETag, and one that is the same counts as none", async () => {
    answers = [picture('"a"'), same(), picture('"b"')];
    const way = new Pictures("camera0", { video: document.createElement("video"), image });
    await way.start();
    const [first] = asked;
    const frames = [way.frames()];
    for (let second = 0; second < 3; second += 1) {
      await vi.advanceTimersByTimeAsync(1000);
      frames.push(way.frames());
    }
    expect(asked.map(({ at, etag }) => [at - (first?.at ?? 0), etag])).toEqual([
      [0, null],
      [1000, '"a"'],
      [2000, '"a"'],
      [3000, '"b"'],
    ]);
    expect(frames).toEqual([1, 1, 2, 2]);
    way.stop();
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked).toHaveLength(4);
    expect(image.hasAttribute("src")).toBe(false);
  });

  it("are asked for less often when camsvc asks for patience, and end at any other refusal", async () => {
    answers = [
      picture('"a"'),
      new Response("", { status: 429 }),
      picture('"b"'),
      new Response("", { status: 503 }),
    ];
    const way = new Pictures("camera0", { video: document.createElement("video"), image });
    await way.start();
    await vi.advanceTimersByTimeAsync(3900);
    expect([asked.length, way.frames()]).toEqual([2, 1]);
    await vi.advanceTimersByTimeAsync(100);
    expect([asked.length, way.frames()]).toEqual([3, 2]);
    await vi.advanceTimersByTimeAsync(1000);
    expect([asked.length, way.frames()]).toEqual([4, -1]);
    way.stop();
  });
});

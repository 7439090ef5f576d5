import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { download, isOurs, MOST_BYTES } from "./downloads";
import { store } from "./store";

const stored: { name: string; href: string }[] = [];

/** A body that comes piece by piece, as the test says. */
function body(pieces: readonly Uint8Array[], between: () => Promise<void>) {
  return new ReadableStream<Uint8Array>({
    async start(controller) {
      for (const piece of pieces) {
        controller.enqueue(piece);
        await between();
      }
      controller.close();
    },
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  stored.length = 0;
  store.setState(store.getInitialState(), true);
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:here");
  vi.spyOn(URL, "revokeObjectURL").mockReturnValue(undefined);
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    stored.push({ name: this.download, href: this.href });
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const notice = () => store.getState().notices.at(-1);

describe("a download", () => {
  it("that takes a while shows how far it is, and is stored under its name", async () => {
    let shown: number | undefined;
    const steps = body([new Uint8Array(30), new Uint8Array(70)], async () => {
      await vi.advanceTimersByTimeAsync(500);
      shown ??= notice()?.progress;
    });
    vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response(steps, { status: 200 }));
    await download("/files/a.mp4", "a.mp4", 100);
    expect(shown).toBeCloseTo(0.3);
    expect(stored).toEqual([{ name: "a.mp4", href: "blob:here" }]);
    expect(store.getState().notices).toEqual([]);
  });

  it("that is refused says why", async () => {
    const error = { code: -32010, message: "File not found", data: { reason: "not_found" } };
    vi.spyOn(globalThis, "fetch").mockResolvedValue(Response.json({ error }, { status: 404 }));
    await download("/files/a.mp4", "a.mp4", 100);
    expect(notice()).toMatchObject({ kind: "bad", explained: { detail: { text: "File not found." } } });
    expect(stored).toEqual([]);
  });

  it("can be given up, and nothing is stored", async () => {
    vi.spyOn(globalThis, "fetch").mockImplementation(
      (_, options) =>
        new Promise((_done, fail) => {
          options?.signal?.addEventListener("abort", () => fail(new DOMException("", "AbortError")));
        }),
    );
    const over = download("/files/a.mp4", "a.mp4", 100);
    await vi.advanceTimersByTimeAsync(500);
    notice()?.actions?.[0]?.run?.();
    await over;
    expect([store.getState().notices, stored]).toEqual([[], []]);
  });

  it("of a big file, or from elsewhere, is the browser's own", () => {
    expect([isOurs("/a", MOST_BYTES), isOurs("/a", MOST_BYTES + 1), isOurs("/a", 0)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(isOurs("https://elsewhere.example/a", 5)).toBe(false);
  });
});

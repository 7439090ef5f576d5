import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Failure } from "../api/failure";
import { ErrorCode } from "../api/types";
import { logIn } from "../state/session";
import { keyOf, useKiosk } from "./kiosk";

vi.mock("../state/session", () => ({ logIn: vi.fn() }));

describe("keyOf", () => {
  it("takes the key out of an address, and leaves the rest", () => {
    expect(keyOf("#/wall?key=abc")).toEqual({ key: "abc", rest: "#/wall" });
    expect(keyOf("#/wall?x=1&key=a%2Bb")).toEqual({ key: "a+b", rest: "#/wall?x=1" });
    expect(keyOf("#/wall")).toBeNull();
    expect(keyOf("")).toBeNull();
  });
});

describe("a kiosk", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.mocked(logIn).mockReset();
    history.replaceState(null, "", "#/wall?key=abc");
  });
  afterEach(() => {
    vi.useRealTimers();
    history.replaceState(null, "", "#/");
  });

  it("logs in by its address, tried until camsvc answers, as it may start later than the monitor", async () => {
    vi.mocked(logIn)
      .mockRejectedValueOnce(new Failure("offline", "camsvc does not answer"))
      .mockRejectedValueOnce(new Failure("offline", "camsvc does not answer"))
      .mockResolvedValueOnce();
    const { result, unmount } = renderHook(() => useKiosk());
    expect([result.current, location.hash]).toEqual(["logging-in", "#/wall"]);
    await act(() => vi.advanceTimersByTimeAsync(0));
    expect(result.current).toBe("logging-in");
    await act(() => vi.advanceTimersByTimeAsync(60_000));
    expect(result.current).toBe("none");
    expect(vi.mocked(logIn).mock.calls).toEqual(Array(3).fill([{ api_key: "abc" }]));
    unmount();
  });

  it("says that its key is refused, and asks no more", async () => {
    const error = { code: ErrorCode.AuthenticationFailed, data: { reason: "bad_credential" } };
    vi.mocked(logIn).mockRejectedValue(new Failure("refused", "no such key", error));
    const { result, unmount } = renderHook(() => useKiosk());
    await act(() => vi.advanceTimersByTimeAsync(120_000));
    expect(result.current).toBe("refused");
    expect(vi.mocked(logIn)).toHaveBeenCalledTimes(1);
    unmount();
  });
});

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { call } from "./connection";
import { deleteLater, onDeleted, UNDO_MS } from "./deletions";
import { store } from "./store";

vi.mock("./connection", () => ({ call: vi.fn(() => Promise.resolve({})) }));

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.clearAllMocks();
  store.setState({ notices: [] });
});

it("deletes after the time in which it can be undone, and whoever shows files hears of it", async () => {
  const heard = vi.fn();
  const silence = onDeleted(heard);
  deleteLater("recordings", ["a.mp4", "b.mp4"]);
  await vi.advanceTimersByTimeAsync(UNDO_MS - 1);
  expect(call).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(call).toHaveBeenCalledTimes(2);
  expect(heard).toHaveBeenCalledOnce();
  silence();
});

it("deletes nothing that was taken back", async () => {
  deleteLater("recordings", ["a.mp4"]);
  store.getState().notices[0]?.actions?.[0]?.run?.();
  await vi.advanceTimersByTimeAsync(2 * UNDO_MS);
  expect(call).not.toHaveBeenCalled();
});

import { describe, expect, it } from "vitest";

import type { CameraView, RecordingUpdate } from "../api/types";
import { camerasListed, cameraTold, recordingAnswered, recordingTold, told } from "./feed";
import { store, type AppState } from "./store";

const camera = (device: string, more: Partial<CameraView> = {}): CameraView => ({
  device,
  status: "CONNECTED",
  name: device,
  resolution: "640x360",
  fps: 15,
  streams: {},
  kind: "test",
  recording: false,
  always_on: false,
  config: {},
  ...more,
});

const update = (more: Partial<RecordingUpdate> = {}): RecordingUpdate => ({
  device: "camera0",
  status: "RECORDING",
  filename: "a.mp4",
  duration: 0,
  ...more,
});

function after(...changes: ((state: AppState) => Partial<AppState>)[]): AppState {
  return changes.reduce<AppState>(
    (state, change) => ({ ...state, ...change(state) }),
    store.getInitialState(),
  );
}

describe("the disk", () => {
  it("is as it was told last", () => {
    const low = { state: "low", message: "", available_space: 5, required_space: 9 };
    const state = after((s) => told(s, "storage_status_update", low, 1000));
    expect(state.disk).toEqual(low);
  });
});

describe("cameras", () => {
  it("appear and change as they are told", () => {
    const away = { status: "DISCONNECTED", since: "2026-05-05T12:00:00.000Z" } as const;
    const state = after(
      (s) => cameraTold(s, camera("camera0"), 1000),
      (s) => cameraTold(s, camera("camera0", { ...away, name: "x" }), 2000),
    );
    expect(state.cameras.camera0).toMatchObject({ ...away, name: "x" });
    expect(state.knownAt).toBe(2000);
  });

  it("are no more when a list is without them, with all that was known of them", () => {
    const state = after(
      (s) => camerasListed(s, [camera("camera0", { recording: true }), camera("camera1")], 1000),
      (s) => recordingTold(s, update(), 1000),
      (s) => camerasListed(s, [camera("camera1")], 2000),
    );
    expect(Object.keys(state.cameras)).toEqual(["camera1"]);
    expect(state.recordings).toEqual({});
    expect(state.knownAt).toBe(2000);
  });
});

describe("texts of cameras", () => {
  it("have the signs that turn text shown, however they come", () => {
    const turned = camera("camera0", { name: "\u202etag", error: "\u2066no" });
    const listed = after((s) => camerasListed(s, [turned], 1));
    const told = after((s) => cameraTold(s, turned, 1));
    for (const { cameras } of [listed, told])
      expect([cameras.camera0?.name, cameras.camera0?.error]).toEqual(["⟨RLO⟩tag", "⟨LRI⟩no"]);
  });
});

describe("recordings", () => {
  it("run from when they began, are confirmed once, and end", () => {
    const begun = after((s) => recordingTold(s, update({ duration: 5 }), 10_000));
    expect(begun.recordings.camera0).toMatchObject({ startedAt: 5000, confirmed: true });
    const lost = after(
      () => begun,
      (s) => recordingTold(s, update({ reason: "camera_disconnected", duration: 7 }), 13_000),
    );
    expect(lost.recordings.camera0).toMatchObject({ startedAt: 5000, interrupted: true });
    const ended = after(
      () => lost,
      (s) => recordingTold(s, update({ status: "STOPPED", duration: 9 }), 15_000),
    );
    expect(ended.recordings).toEqual({});
  });

  it("of another name are not ended by what is told of an old one", () => {
    const state = after(
      (s) => recordingTold(s, update({ filename: "new.mp4" }), 1000),
      (s) => recordingTold(s, update({ filename: "old.mp4", status: "STOPPED" }), 2000),
    );
    expect(state.recordings.camera0?.filename).toBe("new.mp4");
  });

  it("are another when one was ended and begun while nothing was told", () => {
    const answer = { device: "camera0", recording: true, filename: "b.mp4", duration: 2, file_size: 9 };
    const state = after(
      (s) => camerasListed(s, [camera("camera0", { recording: true })], 1000),
      (s) => recordingTold(s, update({ reason: "camera_disconnected" }), 1000),
      (s) => recordingAnswered(s, answer, 90_000),
    );
    expect(state.recordings.camera0).toEqual({
      filename: "b.mp4",
      startedAt: 88_000,
      confirmed: true,
      interrupted: false,
    });
    const same = after(
      () => state,
      (s) => recordingAnswered(s, { ...answer, duration: 4 }, 95_000),
      (s) => recordingAnswered(s, { ...answer, recording: false, filename: "" }, 96_000),
    );
    expect(same.recordings.camera0?.startedAt).toBe(88_000);
  });

  it("are over when their camera says so", () => {
    const state = after(
      (s) => cameraTold(s, camera("camera0", { recording: true }), 1000),
      (s) => recordingTold(s, update(), 1000),
      (s) => cameraTold(s, camera("camera0"), 2000),
    );
    expect(state.recordings).toEqual({});
  });
});

describe("told", () => {
  it("takes health, and leaves what the store has no place for", () => {
    const health = { status: "degraded", components: { engine: "ERROR" } };
    expect(told(store.getInitialState(), "system.health", health, 1)).toEqual({ health });
    expect(told(store.getInitialState(), "system.startup", { timestamp: "", version: "" }, 1)).toEqual({});
  });
});

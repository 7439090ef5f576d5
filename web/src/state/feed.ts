// What the state becomes by what camsvc tells: no I/O here.

import type {
  CameraView,
  NotificationName,
  Notifications,
  RecordingStatus,
  RecordingUpdate,
  StorageUpdate,
  StreamView,
} from "../api/types";
import { visible } from "../i18n/names";
import { without, type AppState, type RecordingNow } from "./store";

type Change = Partial<AppState>;

/** Texts that are somebody else's, as they are shown. */
function shown(camera: CameraView): CameraView {
  const { name, error } = camera;
  return { ...camera, name: visible(name), ...(error === undefined ? {} : { error: visible(error) }) };
}

/** A camera is as camsvc says. */
export function cameraTold(state: AppState, told: CameraView, now: number): Change {
  const camera = shown(told);
  const before = state.cameras[camera.device];
  const change: Change = { cameras: { ...state.cameras, [camera.device]: camera }, knownAt: now };
  if (!camera.recording && before?.recording && camera.device in state.recordings) {
    change.recordings = without(state.recordings, camera.device);
  }
  return change;
}

/** All cameras there are, as a list told: those that are not in it are no more. */
export function camerasListed(state: AppState, told: readonly CameraView[], now: number): Change {
  const cameras = told.map(shown);
  const listed = Object.fromEntries(cameras.map((camera) => [camera.device, camera]));
  const recordings: Record<string, RecordingNow> = {};
  for (const camera of cameras) {
    const recording = state.recordings[camera.device];
    if (camera.recording && recording) recordings[camera.device] = recording;
  }
  return { cameras: listed, recordings, knownAt: now };
}

/** A recording has begun, goes on, stands still or is over. */
export function recordingTold(state: AppState, update: RecordingUpdate, now: number): Change {
  const { device, filename } = update;
  const known = state.recordings[device];
  if (update.status !== "RECORDING") {
    return known?.filename === filename || known?.filename === ""
      ? { recordings: without(state.recordings, device) }
      : {};
  }
  const same = known?.filename === filename;
  const confirmed = (update as { confirmed?: boolean }).confirmed ?? update.duration > 0;
  const recording: RecordingNow = {
    filename,
    startedAt: same ? known.startedAt : now - update.duration * 1000,
    confirmed: (same && known.confirmed) || confirmed,
    interrupted: update.reason === "camera_disconnected",
  };
  return { recordings: { ...state.recordings, [device]: recording } };
}

/** A recording under way, as camsvc says when it is asked: what was told without a connection is not known. */
export function recordingAnswered(state: AppState, answer: RecordingStatus, now: number): Change {
  const { device, recording, filename, duration } = answer;
  if (!recording) return {};
  const before = state.recordings[device];
  const known = before?.filename === filename ? before : undefined;
  const told: RecordingNow = {
    filename,
    startedAt: known?.startedAt ?? now - duration * 1000,
    confirmed: known?.confirmed === true || duration > 0,
    interrupted: state.cameras[device]?.status !== "CONNECTED",
  };
  return { recordings: { ...state.recordings, [device]: told } };
}

export function streamsListed(streams: readonly StreamView[]): Change {
  return { readers: Object.fromEntries(streams.map(({ name, readers }) => [name, readers])) };
}

/** What the state becomes by a notification. */
export function told<N extends NotificationName>(
  state: AppState,
  name: N,
  params: Notifications[N],
  now: number,
): Change {
  if (name === "camera_status_update") return cameraTold(state, params as CameraView, now);
  if (name === "recording_status_update") return recordingTold(state, params as RecordingUpdate, now);
  if (name === "storage_status_update") return { disk: params as StorageUpdate };
  if (name === "system.health") return { health: params as Notifications["system.health"] };
  return {};
}

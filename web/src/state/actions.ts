// What somebody does to a camera: it shows at once, and is taken back with the reason when camsvc refuses.

import { Failure } from "../api/failure";
import type { CameraView, Methods, SnapshotTaken } from "../api/types";
import { t } from "../i18n";
import { call } from "./connection";
import { cameraTold } from "./feed";
import { complain, notify } from "./notices";
import { store, without, type Pending } from "./store";

export type RecordingOptions = Omit<Methods["start_recording"]["params"], "device">;

function pend(device: string, what: Pending | null): void {
  store.setState(({ pending }) => ({
    pending: what ? { ...pending, [device]: what } : without(pending, device),
  }));
}

function nameOf(device: string): string {
  return store.getState().cameras[device]?.name ?? device;
}

function setRecording(device: string, recording: boolean): void {
  store.setState(({ cameras }) => {
    const camera = cameras[device];
    return camera ? { cameras: { ...cameras, [device]: { ...camera, recording } } } : {};
  });
}

export async function startRecording(device: string, options: RecordingOptions = {}): Promise<void> {
  const { recordings } = store.getState();
  const begun = { filename: "", startedAt: Date.now(), confirmed: false, interrupted: false };
  store.setState({ recordings: { ...recordings, [device]: begun } });
  setRecording(device, true);
  pend(device, "starting");
  try {
    const { filename } = await call("start_recording", { device, ...options });
    store.setState(({ recordings: now }) => {
      const known = now[device];
      return known?.filename === "" ? { recordings: { ...now, [device]: { ...known, filename } } } : {};
    });
  } catch (why) {
    store.setState(({ recordings: now }) =>
      now[device]?.filename === "" ? { recordings: without(now, device) } : {},
    );
    if (!store.getState().recordings[device]) setRecording(device, false);
    complain(t("camera.record.failed", { name: nameOf(device) }), why);
  } finally {
    pend(device, null);
  }
}

export async function stopRecording(device: string): Promise<void> {
  const known = store.getState().recordings[device];
  pend(device, "stopping");
  try {
    await call("stop_recording", { device });
    setRecording(device, false);
    store.setState(({ recordings }) =>
      recordings[device]?.filename === known?.filename ? { recordings: without(recordings, device) } : {},
    );
  } catch (why) {
    complain(t("camera.stop.failed", { name: nameOf(device) }), why);
  } finally {
    pend(device, null);
  }
}

/** Take a snapshot, and show it beside the page unless the page does; undefined where that was refused, which is told. */
export async function takeSnapshot(device: string, show = true): Promise<SnapshotTaken | undefined> {
  pend(device, "snapshot");
  try {
    const taken = await call("take_snapshot", { device });
    if (show)
      notify({
        kind: "good",
        text: t("camera.snapshot.done", { name: nameOf(device) }),
        picture: taken.download_url,
        actions: [
          { label: t("camera.snapshot.download"), href: taken.download_url, download: taken.filename },
        ],
        lastsMs: 8000,
      });
    return taken;
  } catch (why) {
    complain(t("camera.snapshot.failed", { name: nameOf(device) }), why);
    return undefined;
  } finally {
    pend(device, null);
  }
}

export type CameraConfig = Omit<Methods["set_camera_config"]["params"], "device">;

/** Name a camera, choose its mode, keep it running. Fails with a Failure, after taking back what showed at once. */
export async function configureCamera(device: string, config: CameraConfig): Promise<CameraView> {
  const before = store.getState().cameras[device];
  if (before && typeof config.name === "string") {
    const renamed = { ...before, name: config.name };
    store.setState(({ cameras }) => ({ cameras: { ...cameras, [device]: renamed } }));
  }
  try {
    const camera = await call("set_camera_config", { device, ...config });
    store.setState((state) => cameraTold(state, camera, Date.now()));
    return camera;
  } catch (why) {
    if (before) store.setState(({ cameras }) => ({ cameras: { ...cameras, [device]: before } }));
    throw Failure.from(why);
  }
}

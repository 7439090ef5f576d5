// What is wrong, as a list of things that a person can do something about; the worst first.

import type { CameraView, ServiceStatus, StorageInfo } from "../../api/types";
import { t } from "../../i18n";
import { percent, size } from "../../i18n/format";
import { saidOfCamera, type Said } from "../../i18n/said";
import { diskTrouble } from "../../state/disk";

export interface Finding {
  key: string;
  /** bad: something does not work. warn: it will not, soon. */
  tone: "bad" | "warn";
  what: string;
  todo: string | Said;
  /** What an admin can do about it here and now. */
  act?: "accept_volume";
}

export interface Known {
  status: ServiceStatus | undefined;
  storage: StorageInfo | undefined;
  cameras: readonly CameraView[];
}

const PARTS = ["websocket_server", "camera_monitor", "mediamtx"] as const;
type Part = (typeof PARTS)[number];

const isPart = (name: string): name is Part => (PARTS as readonly string[]).includes(name);

export function partName(name: string): string {
  return isPart(name) ? t(`system.part.${name}`) : name;
}

/** A watch for cameras that has stopped is one that the configuration switches off. */
function ofParts(status: ServiceStatus): Finding[] {
  return Object.entries(status.components)
    .filter(([name, state]) => state !== "RUNNING" && !(name === "camera_monitor" && state === "STOPPED"))
    .map(([name, state]) => ({
      key: name,
      tone: state === "STARTING" ? "warn" : "bad",
      what: t(state === "STARTING" ? "system.part.starts" : "system.part.fails", { part: partName(name) }),
      todo: isPart(name) ? t(`system.part.${name}.do`) : t("system.part.other.do"),
    }));
}

function ofStorage(info: StorageInfo): Finding[] {
  const free = size(info.available_space);
  const used = percent(info.usage_percentage / 100);
  const trouble = diskTrouble(info);
  if (trouble) {
    const { what, todo } = trouble;
    const act = trouble.state === "foreign" ? ({ act: "accept_volume" } as const) : {};
    return [{ key: "disk", tone: "bad", what, todo, ...act }];
  }
  if (!info.low_space_warning) return [];
  return [
    {
      key: "space",
      tone: "warn",
      what: t("system.space.low", { free, used }),
      todo: t("system.space.low.do"),
    },
  ];
}

function ofCameras(cameras: readonly CameraView[]): Finding[] {
  return cameras
    .filter(({ status }) => status === "ERROR")
    .map(({ device, name, error }) => ({
      key: device,
      tone: "bad",
      what: t("system.camera.error", { name }),
      todo: error ? saidOfCamera(error) : t("system.camera.error.do"),
    }));
}

/** camsvc says that something is wrong, and none of what this page knows is it. */
function unexplained(): Finding {
  return { key: "other", tone: "warn", what: t("system.other"), todo: t("system.other.do") };
}

export function findings({ status, storage, cameras }: Known): Finding[] {
  const all: Finding[] = [
    ...(status ? ofParts(status) : []),
    ...(storage ? ofStorage(storage) : []),
    ...ofCameras(cameras),
  ];
  if (status && status.status !== "HEALTHY" && !all.length) all.push(unexplained());
  return all.sort((one, other) => Number(one.tone === "warn") - Number(other.tone === "warn"));
}

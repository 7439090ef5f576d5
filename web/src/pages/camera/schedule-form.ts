// When a camera is recorded by itself, as a form has it and as camsvc takes it.

import type { Methods, ScheduleView, Window } from "../../api/types";
import { EMPTY, wrongWith } from "./week";

export type ScheduleParams = Methods["set_recording_schedule"]["params"];

export interface ScheduleForm {
  mode: ScheduleParams["mode"];
  windows: readonly Window[];
  /** The ring of continuous recordings; empty: no limit. */
  hours: string;
  gigabytes: string;
  /** Seconds before the call that each recording begins with; empty: as the configuration says. */
  before: string;
}

const MODES = ["off", "schedule", "continuous"] as const;
const textOf = (value: number | undefined) => (value === undefined ? "" : String(value));

/** A camera's schedule; one that has none yet gets a ring of a day when it is recorded always. */
export function formOf(schedule: ScheduleView | undefined): ScheduleForm {
  return {
    mode: MODES.find((mode) => mode === schedule?.mode) ?? "off",
    windows: schedule?.schedule.length ? schedule.schedule : [EMPTY],
    hours: schedule ? textOf(schedule.keep_hours) : "24",
    gigabytes: textOf(schedule?.keep_gb),
    before: textOf(schedule?.pre_record_s),
  };
}

const numberOf = (text: string): number => Number(text.trim().replace(",", "."));
const isEmpty = (text: string) => text.trim() === "";

export type Fault = "none" | "days" | "times" | "hours" | "bytes" | "before";

/** What stands wrongly in it; null when nothing does. */
export function faultOf({ mode, windows, hours, gigabytes, before }: ScheduleForm): Fault | null {
  const seconds = numberOf(before);
  if (!isEmpty(before) && !(Number.isInteger(seconds) && seconds >= 0 && seconds <= 60)) return "before";
  if (mode === "schedule") return wrongWith(windows);
  if (mode === "off") return null;
  if (!isEmpty(hours) && !(numberOf(hours) >= 1)) return "hours";
  if (!isEmpty(gigabytes) && !(numberOf(gigabytes) >= 0.1)) return "bytes";
  return null;
}

export function paramsOf(device: string, form: ScheduleForm): ScheduleParams {
  const { mode, windows, hours, gigabytes, before } = form;
  const isRing = mode === "continuous";
  return {
    device,
    mode,
    ...(mode === "schedule" ? { schedule: [...windows] } : {}),
    ...(isRing && !isEmpty(hours) ? { keep_hours: numberOf(hours) } : {}),
    ...(isRing && !isEmpty(gigabytes) ? { keep_gb: numberOf(gigabytes) } : {}),
    ...(isEmpty(before) ? {} : { pre_record_s: numberOf(before) }),
  };
}

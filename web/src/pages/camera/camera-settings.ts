// What is set of a camera, as a form has it: each of it is set, or as the camera and the configuration say.

import type { CameraView, ModeView } from "../../api/types";
import { number } from "../../i18n/format";
import type { CameraConfig } from "../../state/actions";

export const DEFAULT = "default";

export interface SettingsForm {
  /** null: nobody has typed one. */
  name: string | null;
  /** One of the camera's modes, or DEFAULT. */
  mode: string;
  always: OnOff;
  microphone: OnOff;
}

export type OnOff = "on" | "off" | typeof DEFAULT;
const onOff = (set: boolean | undefined): OnOff => (set === undefined ? DEFAULT : set ? "on" : "off");
const meant = (chosen: OnOff): boolean | null => (chosen === DEFAULT ? null : chosen === "on");

export function formOf({ config }: CameraView): SettingsForm {
  return {
    name: null,
    mode: config.mode ?? DEFAULT,
    always: onOff(config.always_on),
    microphone: onOff(config.microphone),
  };
}

/** What of a form is another than the camera has; null gives it back to the configuration. */
export function changed(camera: CameraView, { name, mode, always, microphone }: SettingsForm): CameraConfig {
  const before = formOf(camera);
  const typed = name === null ? camera.name : name.trim();
  return {
    ...(typed === camera.name ? {} : { name: typed || null }),
    ...(mode === before.mode ? {} : { mode: mode === DEFAULT ? null : mode }),
    ...(always === before.always ? {} : { always_on: meant(always) }),
    ...(microphone === before.microphone ? {} : { microphone: meant(microphone) }),
  };
}

/** The modes to choose from; the one that is set stands among them even where the camera does not offer it now. */
export function modeOptions(modes: readonly ModeView[], set: string): { value: string; label: string }[] {
  const options = modes.flatMap(({ format, width, height, fps }) =>
    (fps.length ? fps : [undefined]).map((rate) => ({
      value: `${format} ${width}x${height}${rate === undefined ? "" : ` ${rate}`}`,
      label: `${format} ${width} × ${height}${rate === undefined ? "" : ` · ${number(rate, rate % 1 ? 1 : 0)} fps`}`,
    })),
  );
  const known = set === DEFAULT || options.some(({ value }) => value === set);
  return known ? options : [{ value: set, label: set.replace("x", " × ") }, ...options];
}

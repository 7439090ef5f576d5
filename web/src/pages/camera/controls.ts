// A camera's controls as the page shows them, and how what is moved becomes calls. No React.

import type { ControlView, FreedBy } from "../../api/types";
import { t } from "../../i18n";

export type Value = boolean | number | string;
/** What is set: null gives a control back to the camera, with its default. */
export type Wanted = Record<string, Value | null>;
export type Look = "switch" | "menu" | "slider" | "number" | "text" | "button" | "fact";

/** How a control is shown; null for what the page leaves out. */
export function lookOf(control: ControlView): Look | null {
  const { type, value, read_only: readOnly } = control;
  if (type === "button") return readOnly ? null : "button";
  if (value === undefined || value === null || Array.isArray(value)) return null;
  if (readOnly) return "fact";
  if (type === "boolean") return "switch";
  if (type === "menu" || type === "integer_menu") return "menu";
  if (type === "string") return "text";
  if (type !== "integer") return "number"; // 64 bits and masks: a slider could not meet them
  const { min, max } = rangeOf(control);
  return min < max ? "slider" : "fact";
}

export function rangeOf({ min, max, step }: ControlView): { min: number; max: number; step: number } {
  return { min: Number(min ?? 0), max: Number(max ?? 0), step: Number(step ?? 1) || 1 };
}

/** A value in words: of a menu the label of its item. */
export function wordsOf(control: Pick<ControlView, "menu">, value: Value | number[]): string {
  if (typeof value === "boolean") return t(value ? "camera.settings.on" : "camera.settings.off");
  return control.menu?.find((item) => item.value === value)?.label ?? String(value);
}

/** Whether it is not as the camera has it by itself, so that it can be given back. */
export function isSet({ value, kept, default: initial }: ControlView): boolean {
  return kept !== undefined || (initial !== undefined && initial !== value);
}

/** What another program has made of something that is kept; undefined where it is as it is kept. */
export function keptOtherwise({ value, kept, inactive }: ControlView): Value | undefined {
  const nothing = kept === undefined || kept === null || Array.isArray(kept);
  return nothing || kept === value || inactive ? undefined : kept;
}

/** The automatic control that has an inactive one, as the camera calls it, and the value of it that lets go. */
export function freedBy(
  { name, values }: FreedBy,
  controls: readonly ControlView[],
): { label: string; value: string } | null {
  const master = controls.find((each) => each.name === name);
  const [value] = values;
  return master && value !== undefined ? { label: master.label, value: wordsOf(master, value) } : null;
}

export interface Told {
  at: number;
  control: ControlView;
}

/** The controls that were asked for at a time, as notifications and answers since then have them. */
export function overlaid(
  controls: readonly ControlView[],
  at: number,
  told: Readonly<Record<string, Told>>,
): ControlView[] {
  return controls.map((control) => {
    const newer = told[control.name];
    return newer && newer.at >= at ? newer.control : control;
  });
}

/** By group, in the order of the first of each. */
export function grouped(controls: readonly ControlView[]): [string, ControlView[]][] {
  const groups = new Map<string, ControlView[]>();
  for (const control of controls) {
    groups.set(control.group, [...(groups.get(control.group) ?? []), control]);
  }
  return [...groups];
}

const SEND_EVERY_MS = 150;

/** Sends what is moved, at most so often and one call at a time: all that was moved since in one. */
export class Sender {
  private wanted: Wanted = {};
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sending = false;

  /** Does not fail. */
  send: (wanted: Wanted) => Promise<void> = () => Promise.resolve();

  set(wanted: Wanted, at: "once" | "soon" = "soon"): void {
    this.wanted = { ...this.wanted, ...wanted };
    if (at === "once") this.flush();
    else this.timer ??= setTimeout(() => this.flush(), SEND_EVERY_MS);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.sending || Object.keys(this.wanted).length === 0) return;
    const wanted = this.wanted;
    this.wanted = {};
    this.sending = true;
    void this.send(wanted).finally(() => {
      this.sending = false;
      this.flush();
    });
  }
}

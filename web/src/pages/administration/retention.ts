// The retention policy as a form has it, and as camsvc takes it.

import type { CameraLimitView, Methods, PolicyView } from "../../api/types";

export type PolicyParams = Methods["set_retention_policy"]["params"];

export interface Limits {
  days: string;
  gigabytes: string;
}

export interface PolicyForm extends Limits {
  enabled: boolean;
  type: PolicyParams["policy_type"];
  /** So much stays free, in 10^9 bytes. */
  free: string;
  /** By camera. */
  cameras: Readonly<Record<string, Limits>>;
}

export const TYPES = ["age", "size", "all", "manual"] as const satisfies readonly PolicyForm["type"][];

const textOf = (value: number | undefined) => (value === undefined ? "" : String(value));
const limitsOf = ({
  max_age_days: days,
  max_size_gb: gigabytes,
}: Omit<CameraLimitView, "device">): Limits => ({
  days: textOf(days),
  gigabytes: textOf(gigabytes),
});

export function formOf(policy: PolicyView): PolicyForm {
  return {
    enabled: policy.enabled,
    type: TYPES.find((each) => each === policy.policy_type) ?? "manual",
    ...limitsOf(policy),
    free: textOf(policy.min_free_gb),
    cameras: Object.fromEntries((policy.per_camera ?? []).map((each) => [each.device, limitsOf(each)])),
  };
}

const valueOf = (text: string): number => Number(text.trim().replace(",", "."));
const isEmpty = (text: string) => text.trim() === "";
const isLimit = (text: string) => valueOf(text) > 0;

/** Which of the limits of all cameras count with this type. */
export const uses = ({ type }: Pick<PolicyForm, "type">) => ({
  days: type !== "size",
  gigabytes: type !== "age",
});

export interface Wrong {
  days: boolean;
  gigabytes: boolean;
  free: boolean;
  cameras: readonly string[];
}

/** What stands wrongly in the form: nothing where a number is needed, or no number. */
export function wrongIn(form: PolicyForm): Wrong {
  const used = uses(form);
  const wrong = (text: string, needed = false) => (isEmpty(text) ? needed : !isLimit(text));
  return {
    days: used.days && wrong(form.days, form.type === "age"),
    gigabytes: used.gigabytes && wrong(form.gigabytes, form.type === "size"),
    free: !isEmpty(form.free) && !(valueOf(form.free) >= 0),
    cameras: Object.entries(form.cameras)
      .filter(([, { days, gigabytes }]) => wrong(days) || wrong(gigabytes))
      .map(([device]) => device),
  };
}

export const isWrong = ({ days, gigabytes, free, cameras }: Wrong): boolean =>
  days || gigabytes || free || cameras.length > 0;

function given({ days, gigabytes }: Limits): { max_age_days?: number; max_size_gb?: number } {
  return {
    ...(isEmpty(days) ? {} : { max_age_days: valueOf(days) }),
    ...(isEmpty(gigabytes) ? {} : { max_size_gb: valueOf(gigabytes) }),
  };
}

export function paramsOf(form: PolicyForm): PolicyParams {
  const used = uses(form);
  return {
    policy_type: form.type,
    enabled: form.enabled,
    ...given({ days: used.days ? form.days : "", gigabytes: used.gigabytes ? form.gigabytes : "" }),
    min_free_gb: isEmpty(form.free) ? 0 : valueOf(form.free),
    per_camera: Object.entries(form.cameras)
      .map(([device, limits]) => ({ device, ...given(limits) }))
      .filter((each) => Object.keys(each).length > 1),
  };
}

/** The same limits, by which nothing goes before somebody asks for it. */
export const onDemand = (params: PolicyParams): PolicyParams => ({
  ...params,
  policy_type: "manual",
  enabled: true,
});

/** The form with other limits of one camera. */
export function withCamera(form: PolicyForm, device: string, changed: Partial<Limits>): PolicyForm {
  const before = form.cameras[device] ?? { days: "", gigabytes: "" };
  return { ...form, cameras: { ...form.cameras, [device]: { ...before, ...changed } } };
}

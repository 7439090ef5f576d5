// Why camsvc refuses something, and what to do, in the reader's language: by the reason's name and the figures with it.

import { t } from ".";
import { size, span } from "./format";
import { asSaid, saidOfCamera, type Said } from "./said";
import type { PlainKey } from "./texts";

/** An answer of camsvc that is an error. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
  readonly suggestion?: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Explanation {
  readonly detail?: Said | undefined;
  readonly suggestion?: Said | undefined;
}

type Words = (data: Refusal["data"], refusal: Refusal) => Explanation | null;

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const numberOf = (value: unknown): number => (typeof value === "number" ? value : 0);

/** Words that are always the same: what it is, and what to do. */
function words(detail: PlainKey | null, suggestion?: PlainKey): Words {
  return () => ({
    detail: detail ? { text: t(detail) } : undefined,
    suggestion: suggestion && { text: t(suggestion) },
  });
}

const RESOURCES = ["camera", "recording", "snapshot", "file", "user", "key", "stream", "profile"] as const;
const ROLES = ["viewer", "operator", "admin"] as const;
const FIELDS = [
  "username",
  "password",
  "old_password",
  "new_password",
  "name",
  "stream_name",
  "stream_url",
  "filename",
  "duration",
  "schedule",
  "cameras",
  "mode",
  "microphone",
  "networks",
  "max_age_days",
  "max_size_gb",
  "keep_hours",
  "keep_gb",
  "pre_record_s",
  "profile",
] as const;
const RULES = ["unique", "required", "same", "user_name", "repetition"] as const;
/** Rules of which camsvc's own hint says what is allowed. */
const HINTED = ["range", "length", "format", "pattern", "enum", "type"] as const;

const among = <T extends string>(all: readonly T[], value: unknown): T | undefined =>
  all.find((each) => each === value);

function ofField(data: Refusal["data"]): Explanation | null {
  const param = textOf(data.param);
  const name = among(FIELDS, param);
  const field = name ? t(`reason.field.${name}`) : param;
  const rule = among(RULES, data.rule);
  if (rule) return { detail: { text: t(`reason.rule.${rule}`, { field }) } };
  if (!among(HINTED, data.rule)) return null;
  const hint = textOf(data.hint);
  return { detail: { text: t("reason.rule.other", { field }) }, suggestion: hint ? asSaid(hint) : undefined };
}

function ofRole(data: Refusal["data"]): Explanation | null {
  const [needed, mine] = [among(ROLES, data.required_role), among(ROLES, data.have_role)];
  if (!needed || !mine) return null;
  const name = (role: (typeof ROLES)[number]) => t(`reason.role.${role}`);
  return { detail: { text: t("reason.role", { needed: name(needed), mine: name(mine) }) } };
}

function ofMissing(data: Refusal["data"]): Explanation | null {
  const resource = among(RESOURCES, data.resource);
  const name = textOf(data.id);
  return resource && name ? { detail: { text: t(`reason.gone.${resource}`, { name }) } } : null;
}

/** camsvc puts the camera's own error in the place of a name for it. */
function ofState(data: Refusal["data"], { reason }: Refusal): Explanation | null {
  return data.state === "ERROR" ? { detail: saidOfCamera(reason) } : null;
}

function ofDependency(data: Refusal["data"]): Explanation | null {
  switch (data.dependency) {
    case "media engine":
      return words("reason.engine", "reason.engine.do")(data, { reason: "", message: "", data });
    case "ffmpeg":
      return words("reason.ffmpeg", "reason.log")(data, { reason: "", message: "", data });
    default:
      return null;
  }
}

function ofLimit(data: Refusal["data"]): Explanation {
  const most = numberOf(data.limit);
  return {
    detail: { text: most ? t("reason.viewers.most", { most }) : t("reason.viewers") },
    suggestion: { text: t("reason.viewers.do") },
  };
}

export const REASONS: Readonly<Record<string, Words>> = {
  already_recording: words("reason.already_recording"),
  auth_required: words(null),
  bad_credential: ({ credential }) =>
    credential === "password"
      ? { detail: { text: t("reason.password") }, suggestion: { text: t("reason.password.do") } }
      : credential === "api_key"
        ? { detail: { text: t("reason.key") }, suggestion: { text: t("reason.key.do") } }
        : null,
  bad_offer: words("reason.bad_offer"),
  busy: words("reason.exports", "reason.exports.do"),
  camera_disconnected: words("reason.camera_disconnected"),
  dependency_failed: ofDependency,
  disabled: words("reason.disabled", "reason.ask"),
  engine_busy: words("reason.engine_busy", "reason.engine.do"),
  engine_down: words("reason.engine_down", "reason.engine.do"),
  engine_refuses: ({ status }) => ({
    detail: { text: t("reason.engine_refuses", { status: numberOf(status) }) },
    suggestion: { text: t("reason.engine.do") },
  }),
  feature_disabled: words("reason.discovery", "reason.discovery.do"),
  foreign: words("reason.disk.foreign", "system.disk.foreign.do"),
  foreign_origin: words("reason.origin", "reason.origin.do"),
  gone: words("reason.disk.gone", "system.disk.gone.do"),
  internal_error: words(null, "reason.log"),
  last_admin: words("reason.last_admin", "reason.last_admin.do"),
  login_throttled: words("reason.throttled"),
  must_change_password: words("reason.must_change"),
  no_picture: words("reason.no_picture", "reason.no_picture.do"),
  no_space: ({ free_bytes: free, required_bytes: needed }) =>
    typeof free === "number" && typeof needed === "number"
      ? {
          detail: { text: t("reason.no_space", { free: size(free), needed: size(needed) }) },
          suggestion: { text: t("reason.no_space.do") },
        }
      : null,
  not_camsvc: ({ status }) => ({
    detail: { text: t("reason.not_camsvc", { status: numberOf(status) }) },
    suggestion: { text: t("reason.not_camsvc.do") },
  }),
  not_finished: ({ state, retry_after_ms: ms }) =>
    state === "RECORDING"
      ? { detail: { text: t("reason.still_recorded") } }
      : { detail: { text: t("reason.not_finished", { wait: span(Math.ceil(numberOf(ms) / 1000)) }) } },
  not_found: ofMissing,
  not_recording: words("reason.not_recording"),
  parts_differ: words("reason.parts_differ"),
  rate_limited: words(null),
  read_only: (data) =>
    data.dependency === "storage"
      ? words("reason.disk.read_only", "system.disk.read_only.do")(data, NONE)
      : null,
  role_too_low: ofRole,
  scoped: words("reason.scoped"),
  token_expired: words(null),
  user_exists: words("reason.user_exists", "reason.user_exists.do"),
  user_limit: words("reason.windows", "reason.windows.do"),
  validation: ofField,
  viewer_limit: ofLimit,
};

const NONE: Refusal = { reason: "", message: "", data: {} };

/** What camsvc says, begun and ended as a sentence. */
export function sentence(said: string): string {
  const text = said.trim();
  return text && `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?…:)]$/.test(text) ? "" : "."}`;
}

/** What keeps it, and what to do; in camsvc's own words where this page has none. */
export function explanationOf(refusal: Refusal): Explanation {
  const { reason, message, suggestion, data } = refusal;
  const found = (REASONS[reason] ?? ofState)(data, refusal);
  if (found) {
    const { detail } = found;
    return { ...found, detail: detail && { ...detail, text: sentence(detail.text) } };
  }
  return {
    detail: asSaid(sentence(message)),
    suggestion: suggestion ? asSaid(sentence(suggestion)) : undefined,
  };
}

/** The same in few words, for where there is no room for what to do. */
export function shortly(refusal: Refusal): Said {
  return explanationOf(refusal).detail ?? asSaid(sentence(refusal.message));
}

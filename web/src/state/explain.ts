// A failure as a sentence that a person can act on.

import { Failure } from "../api/failure";
import { ErrorCode } from "../api/types";
import { t } from "../i18n";
import { span } from "../i18n/format";
import { explanationOf } from "../i18n/reasons";
import type { Said } from "../i18n/said";

export interface Explained {
  /** What went wrong, in the reader's language where this page knows it. */
  text: string;
  /** What keeps it: in English where this page has no words for what camsvc says. */
  detail?: Said | undefined;
  /** What to do. */
  suggestion?: Said | undefined;
  /** To be quoted: it stands in camsvc's log. */
  requestId?: string | undefined;
}

export function explain(failure: Failure): Explained {
  if (failure.kind !== "refused") {
    return { text: t(`failure.${failure.kind}`), suggestion: { text: t(`failure.${failure.kind}.do`) } };
  }
  const said = { ...explanationOf(failure), requestId: failure.requestId };
  switch (failure.code) {
    case ErrorCode.PermissionDenied:
      return { ...said, text: t("failure.permission") };
    case ErrorCode.RateLimited: {
      const ms = failure.data.retry_after_ms;
      const wait = span(Math.max(1, Math.ceil((typeof ms === "number" ? ms : 1000) / 1000)));
      return { ...said, text: t("failure.rate", { wait }) };
    }
    case ErrorCode.InternalError:
      return { ...said, text: t("failure.internal") };
    case ErrorCode.AuthenticationFailed:
      return { ...said, text: t("failure.login") };
    case ErrorCode.NotFound:
      return { ...said, text: t("failure.gone") };
    case ErrorCode.Unsupported:
      return { ...said, text: t("failure.unsupported") };
    case ErrorCode.DependencyFailed:
      return { ...said, text: t("failure.dependency") };
    case ErrorCode.InvalidState:
      return { ...said, text: failure.reason === "no_space" ? t("failure.space") : t("failure.state") };
    default:
      return { ...said, text: t("failure.refused") };
  }
}

/** The same for whatever a call has failed with. */
export function explained(why: unknown): Explained {
  return explain(Failure.from(why));
}

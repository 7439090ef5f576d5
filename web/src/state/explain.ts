// A failure as a sentence that a person can act on.

import { Failure } from "../api/failure";
import { ErrorCode } from "../api/types";
import { t } from "../i18n";
import { span } from "../i18n/format";
import { visible } from "../i18n/names";

export interface Explained {
  /** What went wrong, in the reader's language where this page knows it. */
  text: string;
  /** What camsvc says of it. */
  detail?: string | undefined;
  /** What to do. */
  suggestion?: string | undefined;
  /** To be quoted: it stands in camsvc's log. */
  requestId?: string | undefined;
}

/** What camsvc says, begun and ended as a sentence. */
function sentence(said: string): string {
  const text = visible(said.trim());
  return text && `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?…:)]$/.test(text) ? "" : "."}`;
}

export function explain(failure: Failure): Explained {
  if (failure.kind === "offline") return { text: t("failure.offline"), suggestion: t("failure.offline.do") };
  if (failure.kind === "timeout") return { text: t("failure.timeout"), suggestion: t("failure.timeout.do") };
  const said = {
    detail: sentence(failure.message),
    suggestion: failure.suggestion && sentence(failure.suggestion),
    requestId: failure.requestId,
  };
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

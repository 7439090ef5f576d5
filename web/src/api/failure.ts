// Why something did not work, as camsvc tells it or as this page found out by itself.

import { ErrorCode, type RpcError } from "./types";

/** What this page finds out by itself: no connection, or no answer in time. */
export type OwnKind = "offline" | "timeout";

export class Failure extends Error {
  override readonly name = "Failure";
  /** "offline" and "timeout" are this page's own; all else was said by camsvc. */
  readonly kind: OwnKind | "refused";
  readonly code: number;
  readonly reason: string;
  readonly suggestion: string | undefined;
  /** Stands in camsvc's log too. */
  readonly requestId: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(kind: OwnKind | "refused", message: string, error?: Pick<RpcError, "code" | "data">) {
    super(message);
    this.kind = kind;
    this.code = error?.code ?? 0;
    this.data = error?.data ?? {};
    this.reason = error?.data.reason ?? kind;
    this.suggestion = textOf(this.data.suggestion);
    this.requestId = textOf(this.data.request_id);
  }

  /** Of an error object as it stands in an answer; anything that is none makes a Failure too. */
  static from(error: unknown): Failure {
    if (error instanceof Failure) return error;
    const { code, message, data } = (typeof error === "object" && error ? error : {}) as Partial<RpcError>;
    return new Failure("refused", typeof message === "string" ? message : String(error), {
      code: typeof code === "number" ? code : ErrorCode.InternalError,
      data: { reason: "internal_error", ...data },
    });
  }

  /** Of an answer that is none of camsvc's: a proxy's, by its HTTP status. */
  static notCamsvc(status: number): Failure {
    const data = { reason: "not_camsvc", status };
    return new Failure("refused", `HTTP ${status}`, { code: ErrorCode.DependencyFailed, data });
  }

  get loginNeeded(): boolean {
    return this.code === ErrorCode.AuthenticationFailed;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : undefined;
}

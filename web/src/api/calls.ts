// A call as the generated types have it: a wrong parameter does not compile, and the result has its type.

import type { MethodName, Methods } from "./types";

export type Params<M extends MethodName> = Methods[M]["params"];
export type Result<M extends MethodName> = Methods[M]["result"];

/** The parameters as arguments: none where the method can do without. */
export type Args<M extends MethodName> =
  Record<string, never> extends Params<M> ? [params?: Params<M>] : [params: Params<M>];

export type Call = <M extends MethodName>(method: M, ...args: Args<M>) => Promise<Result<M>>;

// What goes by HTTP: the login, whose cookie no script reads, and the one call that a login which is good for a new
// password alone may make.

import { BASE } from "./base";
import type { Args, Result } from "./calls";
import { Failure } from "./failure";
import type { MethodName, Role, RpcError } from "./types";

/** Who is logged in. */
export interface SessionView {
  user: string;
  role: Role;
  permissions: string[];
  expires_at: string;
  must_change_password: boolean;
}

export type Credentials = { username: string; password: string } | { api_key: string };

async function ask(path: string, body?: unknown): Promise<unknown> {
  const options: RequestInit =
    body === undefined
      ? {}
      : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  let answer: { error?: RpcError };
  try {
    const response = await fetch(BASE + path, { cache: "no-store", ...options });
    answer = (await response.json()) as typeof answer;
  } catch {
    throw new Failure("offline", "camsvc does not answer");
  }
  if (answer.error) throw Failure.from(answer.error);
  return answer;
}

/** Who is logged in by the cookie; a Failure with `loginNeeded` where nobody is. */
export async function askSession(): Promise<SessionView> {
  return (await ask("api/session")) as SessionView;
}

export async function logIn(credentials: Credentials): Promise<SessionView> {
  return (await ask("api/login", { ...credentials, cookie: true })) as SessionView;
}

export async function logOut(): Promise<void> {
  await ask("api/logout", {});
}

export async function callByHttp<M extends MethodName>(method: M, ...[params]: Args<M>): Promise<Result<M>> {
  const answer = await ask("rpc", { jsonrpc: "2.0", id: 1, method, params: params ?? {} });
  return (answer as { result: Result<M> }).result;
}

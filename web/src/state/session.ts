// Who is logged in: asked at the start, given and taken at the login page, ended by camsvc.

import { backOff } from "../api/backoff";
import { Failure } from "../api/failure";
import {
  askSession,
  callByHttp,
  logIn as askLogin,
  logOut as askLogout,
  type Credentials,
} from "../api/http";
import { CloseCode } from "../api/socket";
import { forgetPictures } from "../player/last-pictures";
import { connect, disconnect, retryNow } from "./connection";
import { nothingKnown, store, type EndReason, type SessionView } from "./store";

export type { Credentials } from "../api/http";

let asked = 0;

/** Ask who is logged in, again and again until camsvc answers. */
export async function begin(failures = 0): Promise<void> {
  const turn = ++asked;
  try {
    const view = await askSession();
    if (turn === asked) enter(view);
  } catch (why) {
    if (turn !== asked) return;
    if (Failure.from(why).loginNeeded) leave(null);
    else {
      store.setState({ session: { phase: "asking", unreachable: true } });
      setTimeout(() => turn === asked && void begin(failures + 1), backOff(failures));
    }
  }
}

/** Log in; fails with a Failure that says why not. */
export async function logIn(credentials: Credentials): Promise<void> {
  enter(await askLogin(credentials));
}

/** The pictures end first, while the login still lets this page end them. */
export async function logOut(): Promise<void> {
  const { session } = store.getState();
  store.setState({ session: { phase: "asking", unreachable: false } });
  await new Promise((done) => setTimeout(done));
  try {
    await askLogout();
  } catch (why) {
    store.setState({ session });
    throw why;
  }
  leave("logged-out");
}

/** Replace a password, which ends the login, and log in with the new one. */
export async function renew(username: string, old: string, chosen: string): Promise<void> {
  await callByHttp("change_password", { old_password: old, new_password: chosen });
  try {
    enter(await askLogin({ username, password: chosen }));
  } catch {
    leave("renewed");
  }
}

function enter(view: SessionView): void {
  asked += 1;
  if (view.must_change_password) {
    disconnect();
    store.setState({ session: { phase: "renew", view } });
    return;
  }
  const before = store.getState().session;
  const same = before.phase === "in" && before.view.user === view.user && before.view.role === view.role;
  if (!same) forgetPictures();
  store.setState({ ...(same ? {} : nothingKnown), session: { phase: "in", view } });
  connect((code, reason) => void lost(code, reason));
}

/** Back to the login, with nothing left of what was seen. */
function leave(why: EndReason | null): void {
  asked += 1;
  disconnect();
  store.setState({ ...nothingKnown, notices: [], session: { phase: "out", why } });
  setTimeout(forgetPictures); // when their places have gone from the page, which kept them
}

/** The connection was lost: because the login has ended, or for a reason that may pass. */
async function lost(code: number, reason: string): Promise<void> {
  if (code === CloseCode.LoginEnded) {
    leave(reason.includes("revoked") ? "revoked" : "expired");
    return;
  }
  try {
    const view = await askSession();
    const { session } = store.getState();
    if (session.phase === "in") store.setState({ session: { phase: "in", view } });
  } catch (why) {
    if (Failure.from(why).loginNeeded && store.getState().session.phase === "in") leave("ended");
  }
}

/** Try at once when the network is back or somebody looks again. */
export function watchForHope(): void {
  addEventListener("online", retryNow);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) retryNow();
  });
}

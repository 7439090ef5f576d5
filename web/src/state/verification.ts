// A verification of the library: begun here, asked for until it has ended, and still known when somebody comes back.

import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";

import { Failure } from "../api/failure";
import type { VerdictView } from "../api/types";
import { call } from "./connection";
import { store } from "./store";

export interface Verification {
  verdict: VerdictView | null;
  /** It has been asked for, and has not ended as far as this page knows. */
  running: boolean;
  failure: Failure | null;
}

const none: Verification = { verdict: null, running: false, failure: null };
const verification = createStore<Verification>(() => none);
store.subscribe(({ session }, before) => {
  if (session.phase !== "in" && before.session.phase === "in") verification.setState(none);
});

export function useVerification(): Verification {
  return useStore(verification);
}

/** Verify the library, or hear of the run that is under way; `repair` mends what can be mended. */
export async function verify(repair: boolean): Promise<void> {
  if (verification.getState().running) return;
  verification.setState({ running: true, failure: null });
  try {
    let verdict = await call("verify_library", { repair });
    verification.setState({ verdict });
    // camsvc answers when it has ended, or after some seconds.
    while (verdict.status === "RUNNING") {
      verdict = await call("verify_library", { verify_id: verdict.verify_id });
      verification.setState({ verdict });
    }
  } catch (why) {
    verification.setState({ failure: Failure.from(why) });
  }
  verification.setState({ running: false });
}

/** End the run under way. */
export async function cancelVerification(): Promise<void> {
  await call("verify_library", { cancel: true }).catch((why: unknown) =>
    verification.setState({ failure: Failure.from(why) }),
  );
}

/** For tests. */
export const current = (): Verification => verification.getState();

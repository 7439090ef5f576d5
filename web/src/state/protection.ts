// Recordings that retention leaves alone.

import { Failure } from "../api/failure";
import { tn } from "../i18n";
import { call } from "./connection";
import { complain } from "./notices";

/** Protect recordings, or give them up to retention again; what does not go is told. */
export async function protect(names: readonly string[], isProtected: boolean): Promise<void> {
  const answers = await Promise.allSettled(
    names.map((filename) => call("protect_recording", { filename, protected: isProtected })),
  );
  const failures = answers.flatMap((answer) =>
    answer.status === "rejected" ? [Failure.from(answer.reason)] : [],
  );
  if (failures[0]) complain(tn("library.protect.failed", failures.length), failures[0]);
}

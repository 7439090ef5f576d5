// Something that is done in a dialog: busy meanwhile, and where it fails the dialog says why and stays.

import { useState } from "react";

import { explained, type Explained } from "./explain";

export interface Task {
  busy: boolean;
  trouble: Explained | null;
  /** Do it; `done` follows where it worked. */
  run: <T>(work: () => Promise<T>, done: (value: T) => void) => void;
}

export function useTask(): Task {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Explained | null>(null);
  const attempt = async <T>(work: () => Promise<T>, done: (value: T) => void) => {
    setBusy(true);
    setTrouble(null);
    try {
      const value = await work();
      setBusy(false);
      done(value);
    } catch (why) {
      setBusy(false);
      setTrouble(explained(why));
    }
  };
  return { busy, trouble, run: (work, done) => void attempt(work, done) };
}

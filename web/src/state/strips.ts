// The small pictures by which somebody scrubs through a recording, asked for once somebody does.

import { useEffect, useState } from "react";

import { loadStrip, type Strip } from "../api/strips";

export { cueAt, type Strip } from "../api/strips";

/** The strip of a recording's file; null before it is there, and where there is none. */
export function useStrip(filename: string | undefined, wanted: boolean): Strip | null {
  const [found, setFound] = useState<{ of: string; strip: Strip | null } | null>(null);
  useEffect(() => {
    if (!wanted || filename === undefined) return;
    let over = false;
    void loadStrip(filename).then((strip) => {
      if (!over) setFound({ of: filename, strip });
    });
    return () => {
      over = true;
    };
  }, [filename, wanted]);
  return found && found.of === filename ? found.strip : null;
}

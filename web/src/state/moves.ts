// Recordings that go to the second folder, where there is one.

import { useEffect } from "react";

import type { MoveView } from "../api/types";
import { Failure } from "../api/failure";
import { tn } from "../i18n";
import { useAnswer } from "./answers";
import { call } from "./connection";
import { complain, notify } from "./notices";
import { useMay } from "./rights";

/** camsvc tells of begin and end of a move; how far it is has to be asked, and what those that wait wait for. */
const LOOK_MS = 1000;
const LOOK_AT_WAITING_MS = 5000;

export interface Moves {
  moves: readonly MoveView[];
  /** Who is logged in may have a recording moved, and there is a place to move it to. */
  mayMove: boolean;
  /** Have recordings moved; what does not go is told. */
  move: (names: readonly string[]) => Promise<void>;
}

const NONE: readonly MoveView[] = [];

export function useMoves(): Moves {
  const may = useMay("move_recording");
  const { value, at, again } = useAnswer("get_moves", {}, { on: ["move.progress"] });
  const moves = value?.moves ?? NONE;
  const moving = moves.some(({ status }) => status === "MOVING");
  useEffect(() => {
    if (!moves.length) return;
    const timer = setTimeout(again, moving ? LOOK_MS : LOOK_AT_WAITING_MS);
    return () => clearTimeout(timer);
    // each answer brings the next question
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [moving, at]);
  const moveAndLook = (names: readonly string[]) => move(names).then(again); // one that waits is told of by nothing
  return { moves, mayMove: may && (value?.second_folder ?? false), move: moveAndLook };
}

async function move(names: readonly string[]): Promise<void> {
  const answers = await Promise.allSettled(names.map((filename) => call("move_recording", { filename })));
  const failures = answers.flatMap((answer) =>
    answer.status === "rejected" ? [Failure.from(answer.reason)] : [],
  );
  const asked = names.length - failures.length;
  if (asked) notify({ kind: "good", text: tn("library.move.asked", asked) });
  if (failures[0]) complain(tn("library.move.failed", failures.length), failures[0]);
}

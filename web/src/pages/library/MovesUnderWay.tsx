// Recordings on their way to the second folder: how far, and what is in their way.

import type { MoveView } from "../../api/types";
import { t, tn } from "../../i18n";
import { percent } from "../../i18n/format";
import { visible } from "../../i18n/names";
import styles from "./UnderWay.module.css";

const SHOWN = 3;
/** Those that move or were not moved say more than those that wait. */
const RANK: Readonly<Record<string, number>> = { MOVING: 0, FAILED: 1 };
const rankOf = ({ status }: MoveView) => RANK[status] ?? 2;

/** The few that are shown, and how many others wait. */
export function shownOf(moves: readonly MoveView[]): { shown: MoveView[]; more: number } {
  const shown = [...moves].sort((one, other) => rankOf(one) - rankOf(other)).slice(0, SHOWN);
  return { shown, more: moves.length - shown.length };
}

export function MovesUnderWay({ moves }: { moves: readonly MoveView[] }) {
  const { shown, more } = shownOf(moves);
  if (!shown.length) return null;
  return (
    <section className={styles.all} aria-label={t("library.moves")}>
      {shown.map(({ filename, status, progress, error }) => {
        const words = t(status === "MOVING" ? "library.move.running" : "library.move.waiting", {
          file: filename,
        });
        return (
          <div key={filename} className={styles.one}>
            <span className={styles.words}>
              {words}
              {error && <span className={styles.why}>{visible(error)}</span>}
            </span>
            {status === "MOVING" && (
              <>
                <progress value={progress} max={1} aria-label={words} />
                <span>{percent(progress)}</span>
              </>
            )}
          </div>
        );
      })}
      {more > 0 && <p className={styles.more}>{tn("library.move.more", more)}</p>}
    </section>
  );
}

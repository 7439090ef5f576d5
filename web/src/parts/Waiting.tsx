// Something is on its way: a thin moving line, shown only when it takes a while.

import styles from "./Waiting.module.css";

export function Waiting({ label }: { label: string }) {
  return (
    <div className={styles.waiting} role="status">
      <span className={styles.line} aria-hidden="true" />
      <span className="only-heard">{label}</span>
    </div>
  );
}

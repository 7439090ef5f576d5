// A text to take along: shown whole, copied by one touch.

import { useEffect, useState } from "react";

import { t } from "../i18n";
import { IconButton } from "./Button";
import { copy } from "./clipboard";
import styles from "./Copyable.module.css";

interface CopyableProps {
  label: string;
  text: string;
  /** It has lines of its own. */
  block?: boolean;
}

export function Copyable({ label, text, block = false }: CopyableProps) {
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => setSaid(null), 2500);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <div className={styles.copyable}>
      <div className={styles.head}>
        <span className={styles.label}>{label}</span>
        <span role="status" className={styles.said}>
          {said}
        </span>
      </div>
      <div className={styles.line}>
        <pre tabIndex={0} aria-label={label} className={block ? styles.block : undefined}>
          {text}
        </pre>
        <IconButton
          icon="copy"
          label={t("copy.of", { what: label })}
          onClick={() => void copy(text).then((done) => setSaid(done ? t("copy.done") : t("copy.failed")))}
        />
      </div>
    </div>
  );
}

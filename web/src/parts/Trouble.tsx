// What went wrong, what to do, and the number to quote.

import type { ReactNode } from "react";

import { t } from "../i18n";
import { Icon } from "./Icon";
import styles from "./Trouble.module.css";

export interface TroubleProps {
  text: string;
  detail?: string | undefined;
  suggestion?: string | undefined;
  requestId?: string | undefined;
  actions?: ReactNode;
}

/** For a failure: `<Trouble {...explain(failure)} />`. */
export function Trouble({ text, detail, suggestion, requestId, actions }: TroubleProps) {
  return (
    <div className={styles.trouble} role="alert">
      <Icon name="alert" />
      <div className={styles.words}>
        <p className={styles.text}>{text}</p>
        {detail && detail !== text && <p>{detail}</p>}
        {suggestion && <p>{suggestion}</p>}
        {requestId && (
          <p className={styles.quote}>
            {t("failure.quote")} <code>{requestId}</code>
          </p>
        )}
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
    </div>
  );
}

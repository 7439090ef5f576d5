// What went wrong, what to do, and the number to quote.

import type { ReactNode } from "react";

import { t } from "../i18n";
import type { Said } from "../i18n/said";
import { Icon } from "./Icon";
import { Words, wordsOf } from "./Words";
import styles from "./Trouble.module.css";

export interface TroubleProps {
  text: string | Said;
  detail?: string | Said | undefined;
  suggestion?: string | Said | undefined;
  requestId?: string | undefined;
  actions?: ReactNode;
}

/** For a failure: `<Trouble {...explain(failure)} />`. */
export function Trouble({ text, detail, suggestion, requestId, actions }: TroubleProps) {
  return (
    <div className={styles.trouble} role="alert">
      <Icon name="alert" />
      <div className={styles.words}>
        <p className={styles.text}>
          <Words said={text} />
        </p>
        {detail && wordsOf(detail) !== wordsOf(text) && (
          <p>
            <Words said={detail} />
          </p>
        )}
        {suggestion && (
          <p>
            <Words said={suggestion} />
          </p>
        )}
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

// The list of keys that work now.

import { t } from "../i18n";
import { Dialog } from "../parts/Dialog";
import { useKeyList } from "../parts/keys";
import styles from "./KeysDialog.module.css";

const SIGNS: Readonly<Record<string, string>> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  " ": "␣",
  Escape: "Esc",
};

export default function KeysDialog({ onClose }: { onClose: () => void }) {
  const groups = useKeyList();
  return (
    <Dialog title={t("account.keys")} onClose={onClose}>
      <div className={styles.groups}>
        {groups.map(({ title, bindings }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {bindings.map(({ key, text }) => (
                <div key={key + text} className={styles.row}>
                  <dt>
                    <kbd>{SIGNS[key] ?? key.toUpperCase()}</kbd>
                  </dt>
                  <dd>{text}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <p className={styles.note}>{t("keys.standard")}</p>
      </div>
    </Dialog>
  );
}

// Says that the connection is lost, since when what is shown is old, and when it is tried again.

import { t, tn } from "../i18n";
import { time } from "../i18n/format";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { useNow } from "../parts/now";
import { retryNow } from "../state/connection";
import { useApp, type Link } from "../state/store";
import styles from "./LinkState.module.css";

function Lost({ link }: { link: Link }) {
  const now = useNow();
  const left = Math.max(0, Math.ceil(((link.nextTryAt ?? now) - now) / 1000));
  return (
    <div className={styles.lost} role="status">
      <Icon name="offline" />
      <p>
        {t("link.lost")} <span className={styles.old}>{t("link.old", { time: time(link.since) })}</span>{" "}
        <span aria-hidden="true">{left > 1 && tn("link.next", left)}</span>
      </p>
      <Button small onClick={retryNow}>
        {t("link.now")}
      </Button>
    </div>
  );
}

export function LinkState() {
  const link = useApp((state) => state.link);
  return link.phase === "lost" ? <Lost link={link} /> : null;
}

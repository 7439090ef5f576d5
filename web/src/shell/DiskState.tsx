// Says that the disk takes no recordings, on every page of those who record.

import { t } from "../i18n";
import { Icon } from "../parts/Icon";
import { diskTrouble } from "../state/disk";
import { may, roleOf } from "../state/rights";
import { useApp } from "../state/store";
import { Link } from "wouter";
import styles from "./LinkState.module.css";

export function DiskState() {
  const disk = useApp((state) => state.disk);
  const role = useApp(roleOf);
  const trouble = disk && may(role, "start_recording") ? diskTrouble(disk) : null;
  if (!trouble) return null;
  return (
    <div className={styles.lost} role="status">
      <Icon name="alert" />
      <p>{trouble.what}</p>
      <Link href="/system">{t("disk.more")}</Link>
    </div>
  );
}

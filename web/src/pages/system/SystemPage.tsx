// How the service is: what is wrong and what to do, what uses the disk, the load, who is connected, versions.

import { t } from "../../i18n";
import { Page } from "../../parts/Page";
import { useMay } from "../../state/rights";
import { ClientsSection } from "./ClientsSection";
import { HealthSection } from "./HealthSection";
import { LoadSection } from "./LoadSection";
import { MeasuredSection } from "./MeasuredSection";
import { StorageSection } from "./StorageSection";
import { VersionsSection } from "./VersionsSection";
import styles from "./SystemPage.module.css";

export default function SystemPage() {
  const storage = useMay("get_storage_info");
  const load = useMay("get_metrics");
  const clients = useMay("list_clients");
  return (
    <Page title={t("system.title")}>
      <HealthSection />
      {storage && <StorageSection />}
      {load && <LoadSection />}
      {clients && <ClientsSection />}
      <div className={styles.pair}>
        <div>
          <VersionsSection />
        </div>
        <div>
          <MeasuredSection />
        </div>
      </div>
    </Page>
  );
}

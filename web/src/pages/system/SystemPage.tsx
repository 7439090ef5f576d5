// How the service is: what is wrong and what to do, what uses the disk, whether the library is sound, the load, who is connected, versions.

import { t } from "../../i18n";
import { Page } from "../../parts/Page";
import { useMay } from "../../state/rights";
import { ClientsSection } from "./ClientsSection";
import { HealthSection } from "./HealthSection";
import { LibrarySection } from "./LibrarySection";
import { LoadSection } from "./LoadSection";
import { MeasuredSection } from "./MeasuredSection";
import { StorageSection } from "./StorageSection";
import { VersionsSection } from "./VersionsSection";
import styles from "./SystemPage.module.css";

export default function SystemPage() {
  const storage = useMay("get_storage_info");
  const verify = useMay("verify_library");
  const load = useMay("get_metrics");
  const clients = useMay("list_clients");
  return (
    <Page title={t("system.title")}>
      <HealthSection />
      {storage && <StorageSection />}
      {verify && <LibrarySection />}
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

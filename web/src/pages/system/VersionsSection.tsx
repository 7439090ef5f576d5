// What runs here: camsvc, its engine, Python, the machine.

import { t } from "../../i18n";
import { number } from "../../i18n/format";
import { Facts } from "../../parts/Facts";
import { Section } from "../../parts/Page";
import { Waiting } from "../../parts/Waiting";
import { useApp } from "../../state/store";

export function VersionsSection() {
  const server = useApp((state) => state.server);
  return (
    <Section title={t("system.versions")}>
      {server ? (
        <Facts
          rows={[
            [t("system.versions.camsvc"), server.version],
            [t("system.versions.engine"), server.mediamtx_version],
            [t("system.versions.python"), server.python_version],
            [t("system.versions.machine"), server.architecture],
            [t("system.versions.formats"), server.supported_formats.join(", ")],
            [t("system.versions.most"), number(server.max_cameras)],
          ]}
        />
      ) : (
        <Waiting label={t("loading")} />
      )}
    </Section>
  );
}

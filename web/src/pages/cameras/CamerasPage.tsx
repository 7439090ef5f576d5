// All cameras at a glance.

import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";
import { Page } from "../../parts/Page";
import { useApp } from "../../state/store";

export default function CamerasPage() {
  const cameras = useApp((state) => state.cameras);
  return (
    <Page title={t("cameras.title")} wide>
      {Object.keys(cameras).length === 0 && <Empty icon="cameras" title={t("cameras.none")} />}
      <ul>
        {Object.values(cameras).map(({ device, name }) => (
          <li key={device}>{name}</li>
        ))}
      </ul>
    </Page>
  );
}

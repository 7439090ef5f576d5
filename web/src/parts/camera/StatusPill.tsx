// Whether a camera is there.

import { t } from "../../i18n";
import { Pill } from "../Pill";

/** `status`: of the camera, as the API says it. */
export function StatusPill({ status }: { status: string }) {
  if (status === "CONNECTED") return <Pill tone="good">{t("camera.status.connected")}</Pill>;
  if (status === "ERROR") return <Pill tone="bad">{t("cameras.state.error")}</Pill>;
  return <Pill tone="warn">{t("cameras.state.unplugged")}</Pill>;
}

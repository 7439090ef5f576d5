// How a camera is, in words.

import type { ReactNode } from "react";

import { t } from "../../i18n";
import { when } from "../../i18n/format";
import { asSaid, saidOfCamera } from "../../i18n/said";
import { Words } from "../Words";

export interface CameraWords {
  status: "CONNECTED" | "DISCONNECTED" | "ERROR";
  error?: string;
  detail?: string;
  since?: string;
}

/** What keeps a camera from giving a picture, and what to do; null when nothing does. */
export function restWords({ status, error, detail, since }: CameraWords): ReactNode {
  if (status === "CONNECTED") return null;
  if (status === "DISCONNECTED") {
    return since === undefined ? t("cameras.unplugged") : t("cameras.unplugged.since", { time: when(since) });
  }
  return (
    <>
      <strong>
        <Words said={error ? saidOfCamera(error) : t("cameras.error")} />
      </strong>
      {detail && (
        <>
          {" "}
          <Words said={asSaid(detail)} />
        </>
      )}
      {since !== undefined && <> {t("cameras.error.since", { time: when(since) })}</>}
    </>
  );
}

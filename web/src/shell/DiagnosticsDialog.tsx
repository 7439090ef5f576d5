// How the page itself is doing: connection, round trips, errors, memory.

import { useState } from "react";

import { Failure } from "../api/failure";
import { t } from "../i18n";
import { dateTime, milliseconds, number, percent, size } from "../i18n/format";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { useNow } from "../parts/now";
import { call, measured } from "../state/connection";
import { explain } from "../state/explain";
import { useApp } from "../state/store";
import styles from "./DiagnosticsDialog.module.css";

interface Memory {
  usedJSHeapSize: number;
}

function middle(values: readonly number[]): number | undefined {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];
}

export default function DiagnosticsDialog({ onClose }: { onClose: () => void }) {
  useNow();
  const link = useApp((state) => state.link);
  const server = useApp((state) => state.server);
  const now = measured();
  const [said, say] = useState("");
  const trips = now?.roundTripsMs ?? [];
  const heap = (performance as { memory?: Memory }).memory?.usedJSHeapSize;
  const rows: [string, string][] = [
    [t("diagnostics.link"), `${t(`link.is.${link.phase}`)} · ${dateTime(link.since)}`],
    [t("diagnostics.address"), location.host],
    [t("diagnostics.secure"), window.isSecureContext ? t("yes") : t("diagnostics.insecure")],
    [
      t("diagnostics.trips"),
      trips.length
        ? t("diagnostics.trips.are", {
            middle: milliseconds(middle(trips) ?? 0),
            worst: milliseconds(Math.max(...trips)),
          })
        : "–",
    ],
    [t("diagnostics.calls"), number(now?.calls ?? 0)],
    [
      t("diagnostics.errors"),
      `${number(now?.errors ?? 0)} (${percent((now?.errors ?? 0) / Math.max(1, now?.calls ?? 0), 1)}) · ` +
        t("diagnostics.timeouts", { n: now?.timeouts ?? 0 }),
    ],
    [t("diagnostics.notifications"), number(now?.notifications ?? 0)],
    [t("diagnostics.drops"), number(now?.drops ?? 0)],
    [t("diagnostics.received"), size(now?.bytesIn ?? 0)],
    [t("diagnostics.memory"), heap === undefined ? t("diagnostics.untold") : size(heap)],
    [t("diagnostics.server"), server ? `${server.name} ${server.version}` : "–"],
  ];
  const ping = async () => {
    const began = performance.now();
    try {
      await call("ping");
      say(t("diagnostics.pong", { time: milliseconds(performance.now() - began) }));
    } catch (why) {
      say(explain(Failure.from(why)).text);
    }
  };
  return (
    <Dialog
      title={t("account.diagnostics")}
      onClose={onClose}
      foot={
        <>
          <span role="status" className={styles.said}>
            {said}
          </span>
          <Button onClick={() => void ping()}>{t("diagnostics.ping")}</Button>
        </>
      }
    >
      <dl className={styles.rows}>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

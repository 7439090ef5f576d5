// Exports that are being made: how far each is, and a way to give it up.

import { t } from "../../i18n";
import { dateTime, percent } from "../../i18n/format";
import { Button } from "../../parts/Button";
import { useAnswer } from "../../state/answers";
import { call } from "../../state/connection";
import { complain } from "../../state/notices";
import { useMay, useOffline } from "../../state/rights";
import { useApp } from "../../state/store";
import { nameOf } from "./FileRow";
import styles from "./UnderWay.module.css";

export function ExportsUnderWay() {
  const { value, again } = useAnswer("get_exports", {}, { on: ["export.progress"] });
  const cameras = useApp((state) => state.cameras);
  const mayCancel = useMay("cancel_export");
  const offline = useOffline();
  const shown = (value?.exports ?? []).filter(({ status }) => status === "RUNNING" || status === "QUEUED");
  const cancel = (ident: string) => {
    call("cancel_export", { export: ident }).then(again, (why: unknown) =>
      complain(t("library.export.cancel.failed"), why),
    );
  };
  if (!shown.length) return null;
  const rows = shown.map(({ export: ident, device, from, progress }) => {
    const words = t("library.export.running", { camera: nameOf(cameras, device), time: dateTime(from) });
    return (
      <div key={ident} className={styles.one}>
        <span className={styles.words}>{words}</span>
        <progress value={progress} max={1} aria-label={words} />
        <span>{percent(progress)}</span>
        {mayCancel && (
          <Button small unavailable={offline} onClick={() => cancel(ident)}>
            {t("cancel")}
          </Button>
        )}
      </div>
    );
  });
  return (
    <section className={styles.all} aria-label={t("library.exports")}>
      {rows}
    </section>
  );
}

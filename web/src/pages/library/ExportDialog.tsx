// A range of a camera's recordings as one file: from when to when.

import { useState, type SyntheticEvent } from "react";

import { t } from "../../i18n";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { TextField } from "../../parts/Field";
import { Trouble } from "../../parts/Trouble";
import { call } from "../../state/connection";
import { explained, type Explained } from "../../state/explain";
import type { FileInfo } from "../../state/files";
import { notify } from "../../state/notices";
import { useOffline } from "../../state/rights";
import { asField, ofField } from "./local-time";

export function ExportDialog({ info, onClose }: { info: FileInfo; onClose: () => void }) {
  const began = new Date(info.created_time).getTime();
  const [from, setFrom] = useState(asField(began));
  const [to, setTo] = useState(asField(began + (info.duration ?? 0) * 1000, "up"));
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<Explained | null>(null);
  const offline = useOffline();
  const [first, last] = [ofField(from), ofField(to)];
  const fault = first === null || last === null || first >= last ? t("library.export.wrong") : null;

  const submit = async (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (first === null || last === null) return;
    setBusy(true);
    setWrong(null);
    try {
      await call("export_recording", {
        device: info.device,
        from: new Date(first).toISOString(),
        to: new Date(last).toISOString(),
      });
      notify({ kind: "good", text: t("library.export.begun") });
      onClose();
    } catch (why) {
      setWrong(explained(why));
      setBusy(false);
    }
  };

  return (
    <Dialog
      title={t("library.export.title")}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" form="export" kind="primary" busy={busy} unavailable={offline ?? fault}>
            {t("library.export")}
          </Button>
        </>
      }
    >
      <form id="export" onSubmit={(event) => void submit(event)}>
        <p>{t("library.export.how")}</p>
        {wrong && <Trouble {...wrong} />}
        <TextField
          label={t("library.export.from")}
          type="datetime-local"
          step={1}
          value={from}
          onChange={(event) => setFrom(event.target.value)}
        />
        <TextField
          label={t("library.export.to")}
          type="datetime-local"
          step={1}
          value={to}
          wrong={fault}
          onChange={(event) => setTo(event.target.value)}
        />
      </form>
    </Dialog>
  );
}

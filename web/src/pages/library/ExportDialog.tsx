// A range of a camera's recordings as one file: from when to when.

import { useState } from "react";

import { t } from "../../i18n";
import { TextField } from "../../parts/Field";
import { FormDialog } from "../../parts/FormDialog";
import { call } from "../../state/connection";
import { notify } from "../../state/notices";
import { useOffline } from "../../state/rights";
import { useTask } from "../../state/task";
import { asField, ofField } from "./local-time";

interface ExportDialogProps {
  device: string;
  /** What is proposed, in ms. */
  began: number;
  ended: number;
  onClose: () => void;
}

export function ExportDialog({ device, began, ended, onClose }: ExportDialogProps) {
  const [from, setFrom] = useState(asField(began));
  const [to, setTo] = useState(asField(ended, "up"));
  const { busy, trouble, run } = useTask();
  const offline = useOffline();
  const [first, last] = [ofField(from), ofField(to)];
  const fault = first === null || last === null || first >= last ? t("library.export.wrong") : null;

  const make = () => {
    if (first === null || last === null) return;
    const range = { from: new Date(first).toISOString(), to: new Date(last).toISOString() };
    run(
      () => call("export_recording", { device, ...range }),
      () => {
        notify({ kind: "good", text: t("library.export.begun") });
        onClose();
      },
    );
  };

  return (
    <FormDialog
      title={t("library.export.title")}
      send={t("library.export")}
      busy={busy}
      unavailable={offline ?? fault}
      trouble={trouble}
      onSend={make}
      onClose={onClose}
    >
      <p>{t("library.export.how")}</p>
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
    </FormDialog>
  );
}

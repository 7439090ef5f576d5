// Record and stop: one touch with what is usual, a long press for format and length.

import { useState } from "react";

import { t } from "../../i18n";
import { Button, type ButtonProps } from "../Button";
import { Choice } from "../Field";
import { Dialog } from "../Dialog";
import { useLongPress } from "../longpress";
import styles from "./RecordButton.module.css";

export interface RecordOptions {
  format?: "fmp4" | "mp4" | "mkv";
  duration?: number;
}

interface RecordButtonProps {
  name: string;
  recording: boolean;
  pending: boolean;
  unavailable: string | null;
  words?: boolean;
  kind?: ButtonProps["kind"];
  onStart: (options: RecordOptions) => void;
  onStop: () => void;
}

const LENGTHS = ["0", "10", "60", "300", "1800", "3600"] as const;
type Length = (typeof LENGTHS)[number];

export function RecordDialog({
  name,
  onStart,
  onClose,
}: Pick<RecordButtonProps, "name" | "onStart"> & { onClose: () => void }) {
  const [format, setFormat] = useState<"fmp4" | "mp4" | "mkv">("fmp4");
  const [length, setLength] = useState<Length>("0");
  return (
    <Dialog
      title={t("record.title", { name })}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button
            kind="primary"
            icon="record"
            onClick={() => {
              onClose();
              onStart({ format, ...(length === "0" ? {} : { duration: Number(length) }) });
            }}
          >
            {t("record.start")}
          </Button>
        </>
      }
    >
      <div className={styles.options}>
        <Choice
          label={t("record.length")}
          value={length}
          options={LENGTHS.map((value) => ({ value, label: t(`record.length.${value}`) }))}
          onChange={setLength}
        />
        <Choice
          label={t("record.format")}
          value={format}
          options={[
            { value: "fmp4", label: "MP4" },
            { value: "mkv", label: "MKV" },
          ]}
          onChange={setFormat}
        />
      </div>
    </Dialog>
  );
}

export function RecordButton({
  name,
  recording,
  pending,
  unavailable,
  words = false,
  kind = "quiet",
  onStart,
  onStop,
}: RecordButtonProps) {
  const [asks, ask] = useState(false);
  const press = useLongPress(
    () => (recording ? onStop() : onStart({})),
    () => {
      if (!recording && unavailable === null) ask(true);
    },
  );
  const label = recording ? t("record.stop.of", { name }) : t("record.start.of", { name });
  return (
    <>
      <Button
        {...press}
        kind={kind}
        icon={recording ? "stop" : "record"}
        className={recording ? styles.on : styles.off}
        aria-label={words ? undefined : label}
        title={recording ? label : t("record.hint", { name })}
        busy={pending}
        unavailable={unavailable}
      >
        {words && (recording ? t("record.stop") : t("record.start"))}
      </Button>
      {asks && <RecordDialog name={name} onStart={onStart} onClose={() => ask(false)} />}
    </>
  );
}

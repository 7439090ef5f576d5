// A dialog that is a form: what goes wrong stands at its top, the button that sends it at its end.

import { useId, type ReactNode } from "react";

import { t } from "../i18n";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import styles from "./FormDialog.module.css";
import { Trouble, type TroubleProps } from "./Trouble";

interface FormDialogProps {
  title: string;
  /** What sending it does, as a verb: "Create". */
  send: string;
  busy: boolean;
  /** Why it cannot be sent now. */
  unavailable?: string | null;
  /** Why it failed. */
  trouble: TroubleProps | null;
  onSend: () => void;
  onClose: () => void;
  children: ReactNode;
}

export function FormDialog({
  title,
  send,
  busy,
  unavailable = null,
  trouble,
  onSend,
  onClose,
  children,
}: FormDialogProps) {
  const form = useId();
  return (
    <Dialog
      title={title}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button kind="primary" type="submit" form={form} busy={busy} unavailable={unavailable}>
            {send}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          onSend();
        }}
      >
        {trouble && <Trouble {...trouble} />}
        {children}
      </form>
    </Dialog>
  );
}

// A question before something that cannot be undone.

import type { ReactNode } from "react";

import { t } from "../i18n";
import { Button } from "./Button";
import { Dialog } from "./Dialog";

interface ConfirmProps {
  title: string;
  /** What it does, as a verb: "Delete". */
  yes: string;
  onYes: () => void;
  onClose: () => void;
  children: ReactNode;
}

export function Confirm({ title, yes, onYes, onClose, children }: ConfirmProps) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button
            kind="danger"
            onClick={() => {
              onClose();
              onYes();
            }}
          >
            {yes}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}

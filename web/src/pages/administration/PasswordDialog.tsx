// Another password for a user who has lost theirs.

import { useId, useState } from "react";

import type { KeyView } from "../../api/types";
import { t } from "../../i18n";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { Trouble } from "../../parts/Trouble";
import { call } from "../../state/connection";
import styles from "./AdministrationPage.module.css";
import { newPassword, PasswordFields } from "./PasswordFields";
import { useTask } from "./task";

interface Props {
  username: string;
  onClose: () => void;
  onDone: (keys: readonly KeyView[] | undefined) => void;
}

export function PasswordDialog({ username, onClose, onDone }: Props) {
  const [password, setPassword] = useState(newPassword);
  const { busy, trouble, run } = useTask();
  const form = useId();
  return (
    <Dialog
      title={t("administration.users.password.of", { user: username })}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button kind="primary" type="submit" form={form} busy={busy}>
            {t("administration.users.password.set")}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          run(
            () =>
              call("update_user", {
                username,
                password: password.text,
                must_change_password: password.first,
              }),
            ({ api_keys: keys }) => onDone(keys),
          );
        }}
      >
        {trouble && <Trouble {...trouble} />}
        <p>{t("administration.users.password.what", { user: username })}</p>
        <PasswordFields value={password} onChange={setPassword} />
      </form>
    </Dialog>
  );
}

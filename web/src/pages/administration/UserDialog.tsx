// A new user.

import { useId, useState } from "react";

import { t } from "../../i18n";
import type { Role } from "../../api/types";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { Choice, TextField } from "../../parts/Field";
import { Trouble } from "../../parts/Trouble";
import { call } from "../../state/connection";
import styles from "./AdministrationPage.module.css";
import { newPassword, PasswordFields } from "./PasswordFields";
import { roleOptions } from "./roles";
import { useTask } from "./task";

interface Props {
  onClose: () => void;
  onDone: (username: string) => void;
}

export function UserDialog({ onClose, onDone }: Props) {
  const [username, setUsername] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [password, setPassword] = useState(newPassword);
  const { busy, trouble, run } = useTask();
  const form = useId();
  const create = () => {
    const named = username.trim().toLowerCase();
    run(
      () =>
        call("create_user", {
          username: named,
          role,
          password: password.text,
          must_change_password: password.first,
        }),
      () => onDone(named),
    );
  };
  return (
    <Dialog
      title={t("administration.users.add")}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button kind="primary" type="submit" form={form} busy={busy}>
            {t("administration.users.create")}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          create();
        }}
      >
        {trouble && <Trouble {...trouble} />}
        <TextField
          label={t("administration.users.name")}
          hint={t("administration.users.name.hint")}
          value={username}
          onChange={(event) => setUsername(event.target.value)}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus
        />
        <Choice label={t("administration.role")} value={role} options={roleOptions()} onChange={setRole} />
        <PasswordFields value={password} onChange={setPassword} />
      </form>
    </Dialog>
  );
}

// A new user.

import { useState } from "react";

import { t } from "../../i18n";
import type { Role } from "../../api/types";
import { Choice, TextField } from "../../parts/Field";
import { FormDialog } from "../../parts/FormDialog";
import { call } from "../../state/connection";
import { useTask } from "../../state/task";
import { newPassword, PasswordFields } from "./PasswordFields";
import { roleOptions } from "./roles";

interface Props {
  onClose: () => void;
  onDone: (username: string) => void;
}

export function UserDialog({ onClose, onDone }: Props) {
  const [username, setUsername] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [password, setPassword] = useState(newPassword);
  const { busy, trouble, run } = useTask();
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
    <FormDialog
      title={t("administration.users.add")}
      send={t("administration.users.create")}
      busy={busy}
      trouble={trouble}
      onSend={create}
      onClose={onClose}
    >
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
    </FormDialog>
  );
}

// Another password for a user who has lost theirs.

import { useState } from "react";

import type { KeyView } from "../../api/types";
import { t } from "../../i18n";
import { FormDialog } from "../../parts/FormDialog";
import { call } from "../../state/connection";
import { useTask } from "../../state/task";
import { newPassword, PasswordFields } from "./PasswordFields";

interface Props {
  username: string;
  onClose: () => void;
  onDone: (keys: readonly KeyView[] | undefined) => void;
}

export function PasswordDialog({ username, onClose, onDone }: Props) {
  const [password, setPassword] = useState(newPassword);
  const { busy, trouble, run } = useTask();
  const renew = () =>
    run(
      () => call("update_user", { username, password: password.text, must_change_password: password.first }),
      ({ api_keys: keys }) => onDone(keys),
    );
  return (
    <FormDialog
      title={t("administration.users.password.of", { user: username })}
      send={t("administration.users.password.set")}
      busy={busy}
      trouble={trouble}
      onSend={renew}
      onClose={onClose}
    >
      <p>{t("administration.users.password.what", { user: username })}</p>
      <PasswordFields value={password} onChange={setPassword} />
    </FormDialog>
  );
}

// A password for somebody else: one made here for the first login, or one that is typed.

import { t } from "../../i18n";
import { Button } from "../../parts/Button";
import { Switch, TextField } from "../../parts/Field";
import { firstPassword } from "./passwords";
import styles from "./AdministrationPage.module.css";

export interface Password {
  text: string;
  /** It is good for choosing another one alone. */
  first: boolean;
}

export const newPassword = (): Password => ({ text: firstPassword(), first: true });

export function PasswordFields({
  value,
  onChange,
}: {
  value: Password;
  onChange: (value: Password) => void;
}) {
  return (
    <>
      <div className={styles.password}>
        <TextField
          label={t("administration.password")}
          hint={t("administration.password.hint")}
          value={value.text}
          onChange={(event) => onChange({ ...value, text: event.target.value })}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          minLength={10}
          maxLength={256}
          required
        />
        <Button small icon="refresh" onClick={() => onChange({ ...value, text: firstPassword() })}>
          {t("administration.password.another")}
        </Button>
      </div>
      <Switch
        label={t("administration.password.first")}
        hint={t("administration.password.first.hint")}
        checked={value.first}
        onChange={(first) => onChange({ ...value, first })}
      />
    </>
  );
}

// A first password is good for choosing another one alone.

import { useState, type SyntheticEvent } from "react";

import { Failure } from "../api/failure";
import { t } from "../i18n";
import { Button } from "../parts/Button";
import { TextField } from "../parts/Field";
import { Trouble } from "../parts/Trouble";
import { explain, type Explained } from "../state/explain";
import { logOut, renew } from "../state/session";
import { forgetPassword, takePassword } from "./first-password";
import { FormPage } from "./FormPage";
import styles from "./FormPage.module.css";

export function RenewPage({ user }: { user: string }) {
  const [known] = useState(takePassword); // empty where the page was loaded anew meanwhile
  const [busy, setBusy] = useState(false);
  const [different, setDifferent] = useState(false);
  const [wrong, setWrong] = useState<Explained | null>(null);

  const submit = async (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    const data = new FormData(event.currentTarget);
    const [old, chosen, again] = ["old", "chosen", "again"].map((name) => {
      const value = data.get(name);
      return typeof value === "string" ? value : "";
    }) as [string, string, string];
    setDifferent(chosen !== again);
    setWrong(null);
    if (chosen !== again) return;
    setBusy(true);
    try {
      await renew(user, old || known, chosen);
      forgetPassword();
    } catch (failed) {
      const failure = Failure.from(failed);
      setWrong({ ...explain(failure), text: t("renew.refused") });
      setBusy(false);
    }
  };

  return (
    <FormPage title={t("renew.title")}>
      <p>{t("renew.why")}</p>
      {wrong && <Trouble {...wrong} />}
      <form className={styles.form} method="post" onSubmit={(event) => void submit(event)}>
        <input type="hidden" name="username" autoComplete="username" value={user} readOnly />
        {!known && (
          <TextField
            label={t("renew.old")}
            name="old"
            type="password"
            autoComplete="current-password"
            required
          />
        )}
        <TextField
          label={t("renew.new")}
          name="chosen"
          type="password"
          autoComplete="new-password"
          minLength={10}
          hint={t("renew.rule")}
          required
          autoFocus
        />
        <TextField
          label={t("renew.again")}
          name="again"
          type="password"
          autoComplete="new-password"
          minLength={10}
          wrong={different ? t("renew.different") : null}
          required
        />
        <Button kind="primary" type="submit" busy={busy}>
          {t("renew.submit")}
        </Button>
        <Button kind="quiet" onClick={() => void logOut()}>
          {t("account.logout")}
        </Button>
      </form>
    </FormPage>
  );
}

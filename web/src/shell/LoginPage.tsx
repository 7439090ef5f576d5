// The login: by user and password, or by an API key; and why the last one has ended.

import { useState, type SyntheticEvent } from "react";

import { Failure } from "../api/failure";
import { ErrorCode } from "../api/types";
import { t } from "../i18n";
import { Button } from "../parts/Button";
import { TextField } from "../parts/Field";
import { Trouble } from "../parts/Trouble";
import { explain, type Explained } from "../state/explain";
import { logIn } from "../state/session";
import type { EndReason } from "../state/store";
import { FormPage } from "./FormPage";
import { rememberPassword } from "./first-password";
import styles from "./FormPage.module.css";

/** A wrong password is no matter of rights: camsvc's own words, under a heading that says so. */
function explainLogin(why: unknown): Explained {
  const failure = Failure.from(why);
  const explained = explain(failure);
  return failure.code === ErrorCode.AuthenticationFailed
    ? { ...explained, text: t("login.refused") }
    : explained;
}

export function LoginPage({ why, refused }: { why: EndReason | null; refused: boolean }) {
  const [byKey, setByKey] = useState(false);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<Explained | null>(refused ? { text: t("login.key.refused") } : null);

  const submit = async (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    const data = new FormData(event.currentTarget);
    const text = (name: string) => {
      const value = data.get(name);
      return typeof value === "string" ? value : "";
    };
    setBusy(true);
    setWrong(null);
    try {
      if (!byKey) rememberPassword(text("password"));
      await logIn(
        byKey ? { api_key: text("key").trim() } : { username: text("username"), password: text("password") },
      );
    } catch (failed) {
      setWrong(explainLogin(failed));
      setBusy(false);
    }
  };

  return (
    <FormPage title={t("login.title")}>
      {why && (
        <p className={styles.ended} role="status">
          {t(`login.ended.${why}`)}
        </p>
      )}
      {wrong && <Trouble {...wrong} />}
      <form className={styles.form} method="post" onSubmit={(event) => void submit(event)}>
        {byKey ? (
          <TextField
            key="key"
            label={t("login.key")}
            name="key"
            type="password"
            autoComplete="off"
            required
            autoFocus
          />
        ) : (
          <>
            <TextField
              label={t("login.user")}
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              autoFocus
            />
            <TextField
              label={t("login.password")}
              name="password"
              type="password"
              autoComplete="current-password"
              required
            />
          </>
        )}
        <Button kind="primary" type="submit" busy={busy}>
          {t("login.submit")}
        </Button>
        <Button
          kind="quiet"
          onClick={() => {
            setByKey(!byKey);
            setWrong(null);
          }}
        >
          {byKey ? t("login.by.password") : t("login.by.key")}
        </Button>
      </form>
      <p className={styles.hint}>{byKey ? t("login.key.hint") : t("login.first")}</p>
    </FormPage>
  );
}

// What the page has to say: at its edge, read out, gone by itself unless something is wrong.

import { useEffect, useState } from "react";

import { t } from "../i18n";
import { Button, IconButton } from "../parts/Button";
import buttons from "../parts/Button.module.css";
import { classes } from "../parts/classes";
import { Icon } from "../parts/Icon";
import { Words } from "../parts/Words";
import { dismiss } from "../state/notices";
import { useApp, type Notice } from "../state/store";
import styles from "./Toasts.module.css";

function Toast({ notice }: { notice: Notice }) {
  const { id, kind, text, explained, picture, progress, actions = [], lastsMs } = notice;
  const [held, hold] = useState(false);
  useEffect(() => {
    if (lastsMs === undefined || held) return;
    const timer = setTimeout(() => dismiss(id), lastsMs);
    return () => clearTimeout(timer);
  }, [id, lastsMs, held]);
  return (
    <li
      className={classes(styles.toast, styles[kind])}
      onPointerEnter={() => hold(true)}
      onPointerLeave={() => hold(false)}
      onFocus={() => hold(true)}
      onBlur={() => hold(false)}
    >
      {picture ? (
        <img className={styles.picture} src={picture} alt="" />
      ) : (
        <Icon name={kind === "bad" ? "alert" : kind === "good" ? "check" : "info"} />
      )}
      <div className={styles.words}>
        <p className={styles.text}>{text}</p>
        {progress !== undefined && (
          <progress className={styles.progress} value={progress} max={1} aria-label={text} />
        )}
        {explained && (
          <>
            <p>{explained.text}</p>
            {explained.detail && explained.detail.text !== explained.text && (
              <p>
                <Words said={explained.detail} />
              </p>
            )}
            {explained.suggestion && (
              <p>
                <Words said={explained.suggestion} />
              </p>
            )}
            {explained.requestId && (
              <p className={styles.quote}>
                {t("failure.quote")} <code>{explained.requestId}</code>
              </p>
            )}
          </>
        )}
        {actions.length > 0 && (
          <div className={styles.actions}>
            {actions.map(({ label, run, href, download }) =>
              href ? (
                <a
                  key={label}
                  className={classes(buttons.button, buttons.plain, buttons.small)}
                  href={href}
                  download={download}
                >
                  {label}
                </a>
              ) : (
                <Button
                  key={label}
                  small
                  onClick={() => {
                    dismiss(id);
                    run?.();
                  }}
                >
                  {label}
                </Button>
              ),
            )}
          </div>
        )}
      </div>
      <IconButton icon="close" small label={t("dismiss")} onClick={() => dismiss(id)} />
    </li>
  );
}

export function Toasts() {
  const notices = useApp((state) => state.notices);
  return (
    <section className={styles.place} aria-label={t("notices")}>
      <ul aria-live="polite" aria-relevant="additions text">
        {notices.map((notice) => (
          <Toast key={notice.id} notice={notice} />
        ))}
      </ul>
    </section>
  );
}

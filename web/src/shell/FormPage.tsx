// A page that is one form: the login, and the change of a first password.

import { useEffect, type ReactNode } from "react";

import { BASE } from "../api/base";
import styles from "./FormPage.module.css";

export function FormPage({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · camsvc`;
  }, [title]);
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <p className={styles.mark}>
          <img src={`${BASE}icon.svg`} alt="" width="36" height="36" />
          camsvc
        </p>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}

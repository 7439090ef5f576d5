// A page of the client: its heading, what can be done with it as a whole, and its content.

import { useEffect, useId, useRef, type ReactNode } from "react";

import { classes } from "./classes";
import styles from "./Page.module.css";

let opened = false;

interface PageProps {
  title: string;
  /** Stands before the heading, as a way back. */
  before?: ReactNode;
  /** Stands beside the heading. */
  beside?: ReactNode;
  actions?: ReactNode;
  /** It takes the whole width. */
  wide?: boolean;
  children: ReactNode;
}

export function Page({ title, before, beside, actions, wide = false, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · camsvc`;
  }, [title]);
  useEffect(() => {
    // Who goes on by keyboard or hears the page begins at the heading of what has opened; not at the first load.
    if (opened) heading.current?.focus();
    opened = true;
  }, []);
  return (
    <div className={classes(styles.page, wide && styles.wide)}>
      <header className={styles.head}>
        {before}
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {beside}
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A part of a page, with a heading and a frame around it. */
export function Section({
  title,
  actions,
  children,
}: {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}) {
  const heading = useId();
  return (
    <section className={styles.section} aria-labelledby={heading}>
      <header className={styles.sectionHead}>
        <h2 id={heading}>{title}</h2>
        {actions}
      </header>
      {children}
    </section>
  );
}

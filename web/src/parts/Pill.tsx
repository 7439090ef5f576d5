// A few words on how something is.

import type { ReactNode } from "react";

import { classes } from "./classes";
import styles from "./Pill.module.css";

export type Tone = "plain" | "good" | "bad" | "warn" | "recording";

export function Pill({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={classes(styles.pill, styles[tone])}>{children}</span>;
}

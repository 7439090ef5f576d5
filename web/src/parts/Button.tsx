// A button: with words, or with a drawing and a name that is read out.

import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";

import styles from "./Button.module.css";
import { classes } from "./classes";
import { Icon, type IconName } from "./Icon";
import { tellUnavailable } from "./unavailable";

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "disabled" | "type"> {
  kind?: "plain" | "primary" | "quiet" | "danger" | "over";
  icon?: IconName;
  /** It is at work: it can be seen, and is not pressed twice. */
  busy?: boolean;
  /** Why it cannot be used now; it can be reached all the same, and says so. */
  unavailable?: string | null;
  type?: "button" | "submit";
  small?: boolean;
  ref?: Ref<HTMLButtonElement>;
  children?: ReactNode;
}

export function Button({
  kind = "plain",
  icon,
  busy = false,
  unavailable = null,
  type = "button",
  small = false,
  className,
  onClick,
  children,
  ...rest
}: ButtonProps) {
  const off = busy || unavailable !== null;
  return (
    <button
      {...rest}
      type={off ? "button" : type}
      className={classes(
        styles.button,
        styles[kind],
        small && styles.small,
        !children && styles.drawing,
        className,
      )}
      aria-disabled={off || undefined}
      aria-busy={busy || undefined}
      title={unavailable ?? rest.title}
      onClick={(event) => {
        if (unavailable !== null) tellUnavailable(unavailable);
        if (off) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button that is a drawing; `label` is its name. */
export function IconButton({
  label,
  ...rest
}: Omit<ButtonProps, "children"> & { label: string; icon: IconName }) {
  return <Button kind="quiet" title={label} {...rest} aria-label={label} />;
}

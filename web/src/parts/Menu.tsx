// A button that opens a list of things to do; arrows move in it, Escape closes it.

import { useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";

import { Button, type ButtonProps } from "./Button";
import { classes } from "./classes";
import { Icon, type IconName } from "./Icon";
import styles from "./Menu.module.css";

export interface MenuItem {
  label: string;
  icon?: IconName;
  /** Said below the label. */
  hint?: string;
  /** It is the one in force. */
  checked?: boolean;
  danger?: boolean;
  run: () => void;
}

interface MenuProps extends Omit<ButtonProps, "onClick"> {
  items: readonly (MenuItem | "line")[];
  /** Its name where the button has no words. */
  label?: string;
  children?: ReactNode;
}

function place(list: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = list;
  const below = at.bottom + 4 + height <= innerHeight || at.top < height;
  list.style.left = `${Math.max(8, Math.min(at.right - width, innerWidth - width - 8))}px`;
  list.style.top = `${Math.max(8, below ? Math.min(at.bottom + 4, innerHeight - height - 8) : at.top - height - 4)}px`;
}

export function Menu({ items, label, children, ...rest }: MenuProps) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();

  useLayoutEffect(() => {
    const shown = list.current;
    const opener = button.current;
    if (!open || !shown || !opener) return;
    shown.showPopover();
    place(shown, opener);
    (shown.querySelector<HTMLElement>("[aria-checked=true]") ?? shown.querySelector("button"))?.focus();
    const away = () => setOpen(false);
    addEventListener("resize", away);
    return () => removeEventListener("resize", away);
  }, [open]);

  const close = () => {
    setOpen(false);
    button.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const all = [...(list.current?.querySelectorAll<HTMLElement>("button") ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      all[to % all.length]?.focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  };

  return (
    <>
      <Button
        {...rest}
        ref={button}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        {children}
      </Button>
      {open && (
        <div
          ref={list}
          id={id}
          role="menu"
          aria-label={label}
          popover="auto"
          className={styles.menu}
          onKeyDown={onKeyDown}
          onToggle={(event) => {
            if (event.newState === "closed") setOpen(false);
          }}
        >
          {items.map((item, number) =>
            item === "line" ? (
              <hr key={number} className={styles.line} />
            ) : (
              <button
                key={number}
                type="button"
                role={item.checked === undefined ? "menuitem" : "menuitemradio"}
                aria-checked={item.checked}
                tabIndex={-1}
                className={classes(styles.item, item.danger && styles.danger)}
                onClick={() => {
                  close();
                  item.run();
                }}
              >
                <span className={styles.sign}>
                  {item.checked ? <Icon name="check" /> : item.icon && <Icon name={item.icon} />}
                </span>
                <span>
                  {item.label}
                  {item.hint && <small className={styles.hint}>{item.hint}</small>}
                </span>
              </button>
            ),
          )}
        </div>
      )}
    </>
  );
}

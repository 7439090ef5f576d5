// A press that lasts does something else than a short one; so does the menu key and the right button.

import { useRef, type MouseEvent, type PointerEvent } from "react";

const LONG_MS = 500;

export function useLongPress(short: () => void, long: () => void) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const done = useRef(false);
  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0) return;
      done.current = false;
      timer.current = setTimeout(() => {
        done.current = true;
        long();
      }, LONG_MS);
    },
    onPointerUp: () => clearTimeout(timer.current),
    onPointerLeave: () => clearTimeout(timer.current),
    onContextMenu: (event: MouseEvent) => {
      event.preventDefault();
      clearTimeout(timer.current);
      if (!done.current) long();
      done.current = true;
    },
    // The menu key is no press that a click will follow.
    onKeyDown: () => {
      done.current = false;
    },
    onClick: () => {
      if (!done.current) short();
      done.current = false;
    },
  };
}

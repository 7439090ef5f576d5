// Keys that do something, and the list of them. They are single characters, so they can be switched off.

import { useEffect, useRef, useSyncExternalStore } from "react";

export interface KeyBinding {
  /** As KeyboardEvent.key has it: "r", "?", "ArrowLeft". */
  key: string;
  /** What it does, in words. */
  text: string;
  run: () => void;
}

interface Group {
  title: string;
  bindings: readonly KeyBinding[];
}

let groups: readonly Group[] = [];
let enabled = true;
const heard = new Set<() => void>();

export function enableKeys(on: boolean): void {
  enabled = on;
}

function changed(now: readonly Group[]): void {
  groups = now;
  for (const each of heard) each();
}

/** Whether the key belongs to what has the focus: a field that does not say that it leaves keys to the page, or a dialog over the page. */
function taken(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return true;
  const target = event.target instanceof Element ? event.target : document.body;
  if (
    target.closest(
      "input:not([type=radio], [type=checkbox], [data-keys]), textarea, select, [contenteditable], [role=menu]",
    )
  )
    return true;
  const dialogs = document.querySelectorAll("dialog[open]");
  return dialogs.length > 0 && !target.closest("dialog[data-keys]");
}

function onKeyDown(event: KeyboardEvent): void {
  if (taken(event) || (!enabled && event.key.length === 1 && event.key !== "?")) return;
  for (let at = groups.length - 1; at >= 0; at -= 1) {
    const found = groups[at]?.bindings.find(({ key }) => key === event.key);
    if (!found) continue;
    event.preventDefault();
    found.run();
    return;
  }
}

if (typeof document !== "undefined") document.addEventListener("keydown", onKeyDown);

/** Keys that work while the component is there; `title` says in the list where they belong. */
export function useKeys(title: string, bindings: readonly KeyBinding[]): void {
  const newest = useRef(bindings);
  useEffect(() => {
    newest.current = bindings;
  });
  const names = bindings.map(({ key, text }) => `${key}\t${text}`).join("\n");
  useEffect(() => {
    const group: Group = {
      title,
      bindings: newest.current.map(({ key, text }, at) => ({
        key,
        text,
        run: () => newest.current[at]?.run(),
      })),
    };
    changed([...groups, group]);
    return () => changed(groups.filter((each) => each !== group));
  }, [title, names]);
}

/** All keys that work now. */
export function useKeyList(): readonly Group[] {
  return useSyncExternalStore(
    (listener) => {
      heard.add(listener);
      return () => heard.delete(listener);
    },
    () => groups,
  );
}

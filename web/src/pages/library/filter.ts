// What somebody looks for in the library; it stays while the page is open, also when another page was looked at.

import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";

import type { FileKind } from "../../state/kinds";
import type { FileQuery } from "../../state/files";
import { endOf, startOf, type Day } from "../../parts/days";

export interface Filter {
  kind: FileKind;
  /** Empty: all cameras. */
  device: string;
  /** null: all days. */
  day: Day | null;
  search: string;
}

const none: Filter = { kind: "recordings", device: "", day: null, search: "" };
const filter = createStore<Filter>(() => none);

export function useFilter(): Filter {
  return useStore(filter);
}

export function setFilter(change: Partial<Filter>): void {
  filter.setState(change);
}

export function isNarrow({ device, day, search }: Filter): boolean {
  return device !== "" || day !== null || search !== "";
}

export function widen(): void {
  filter.setState({ device: "", day: null, search: "" });
}

export function queryOf({ kind, device, day, search }: Filter): FileQuery {
  return {
    kind,
    device: device || undefined,
    from: day === null ? undefined : startOf(day),
    to: day === null ? undefined : endOf(day),
    search: search.trim() || undefined,
  };
}

// A camera's controls as the API tells them, as far as a page can show them.

export type Control =
  | {
      kind: "number";
      name: string;
      label: string;
      value: number;
      min: number;
      max: number;
      step: number;
      initial: number | undefined;
      off: boolean;
    }
  | { kind: "switch"; name: string; label: string; value: number; initial: number | undefined; off: boolean }
  | {
      kind: "menu";
      name: string;
      label: string;
      value: number;
      initial: number | undefined;
      off: boolean;
      items: { value: number; label: string }[];
    };

const num = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

function itemsOf(menu: unknown): { value: number; label: string }[] {
  if (Array.isArray(menu)) {
    return menu.flatMap((each: unknown, at) => {
      if (typeof each === "string") return [{ value: at, label: each }];
      const { value, index, label, name } = (typeof each === "object" && each ? each : {}) as Record<
        string,
        unknown
      >;
      const number = num(value) ?? num(index);
      const words = label ?? name;
      return number !== undefined && typeof words === "string" ? [{ value: number, label: words }] : [];
    });
  }
  if (typeof menu !== "object" || !menu) return [];
  return Object.entries(menu).map(([value, label]) => ({ value: Number(value), label: String(label) }));
}

/** What is understood of the controls; the rest is left out. */
export function understood(controls: readonly Record<string, unknown>[]): Control[] {
  return controls.flatMap((each): Control[] => {
    const name = each.name;
    const value = num(each.value) ?? (typeof each.value === "boolean" ? Number(each.value) : undefined);
    if (typeof name !== "string" || value === undefined) return [];
    const flags = Array.isArray(each.flags) ? each.flags.map(String) : [];
    const common = {
      name,
      value,
      label: typeof each.label === "string" && each.label ? each.label : name.replace(/_/g, " "),
      initial: num(each.default),
      off: flags.some((flag) => /inactive|read.?only|disabled/i.test(flag)),
    };
    const type = String(each.type).toLowerCase();
    if (type.includes("bool")) return [{ kind: "switch", ...common }];
    if (type.includes("menu")) {
      const items = itemsOf(each.menu ?? each.items);
      return items.length ? [{ kind: "menu", ...common, items }] : [];
    }
    const min = num(each.min ?? each.minimum);
    const max = num(each.max ?? each.maximum);
    if (min === undefined || max === undefined || min >= max) return [];
    return [{ kind: "number", ...common, min, max, step: num(each.step) ?? 1 }];
  });
}

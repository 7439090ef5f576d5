// The order of tiles: moved by one, or dropped on another; and by groups.

/** `order` with `device` moved to the place of `target`. */
export function movedTo(order: readonly string[], device: string, target: string): string[] {
  const from = order.indexOf(device);
  const to = order.indexOf(target);
  if (from < 0 || to < 0 || from === to) return [...order];
  const rest = order.filter((each) => each !== device);
  rest.splice(to, 0, device);
  return rest;
}

/** `order` with `device` moved by one, back or on. */
export function movedBy(order: readonly string[], device: string, by: -1 | 1): string[] {
  const target = order[order.indexOf(device) + by];
  return target === undefined ? [...order] : movedTo(order, device, target);
}

export interface Grouped<T> {
  /** Empty for those without a group. */
  group: string;
  members: T[];
}

/** Groups in the order of their first members; those without a group come first. */
export function grouped<T extends { device: string }>(
  cameras: readonly T[],
  groups: Readonly<Record<string, string>>,
): Grouped<T>[] {
  const all = new Map<string, T[]>([["", []]]);
  for (const camera of cameras) {
    const group = groups[camera.device] ?? "";
    all.set(group, [...(all.get(group) ?? []), camera]);
  }
  return [...all].map(([group, members]) => ({ group, members })).filter(({ members }) => members.length > 0);
}

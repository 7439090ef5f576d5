// How many columns show so many pictures largest.

export function columnsFor(count: number, width: number, height: number, aspect = 16 / 9): number {
  let best = 1;
  let largest = 0;
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const shown = Math.min(width / columns, (height / rows) * aspect);
    if (shown > largest - 0.5) {
      largest = Math.max(largest, shown);
      best = columns;
    }
  }
  return best;
}

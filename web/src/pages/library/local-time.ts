// Points of time as a field for local date and time has them: "2026-11-29T18:30:05".

/** The second in which it lies, or with "up" the next one if it lies between two. */
export function asField(at: number, round: "down" | "up" = "down"): string {
  const date = new Date((round === "up" ? Math.ceil(at / 1000) : Math.floor(at / 1000)) * 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** In ms; null for what is no point of time. */
export function ofField(text: string): number | null {
  const at = new Date(text).getTime();
  return text === "" || Number.isNaN(at) ? null : at;
}

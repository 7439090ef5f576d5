// What uses the disk, and how long it will last: figures out of what camsvc tells.

import type { FileView, StorageInfo } from "../../api/types";

export interface Share {
  name: "recordings" | "snapshots" | "exports" | "before" | "other" | "free";
  /** What comes before it, in bytes. */
  begin: number;
  bytes: number;
}

/** The whole disk in shares, without those that are nothing. */
export function shares(info: StorageInfo): Share[] {
  const { recordings_size: recordings, snapshots_size: snapshots, exports_size: exports } = info;
  const { pre_record_size: before, available_space: free } = info;
  const other = Math.max(0, info.used_space - recordings - snapshots - exports - before);
  const all = { recordings, snapshots, exports, before, other, free };
  let begin = 0;
  return (Object.keys(all) as Share["name"][]).flatMap((name) => {
    const share = { name, begin, bytes: all[name] };
    begin += share.bytes;
    return share.bytes > 0 ? [share] : [];
  });
}

const DAY_MS = 86_400_000;
export const RATE_DAYS = 7;
const LONG_DAYS = 730;

/**
 * Bytes a day that were recorded, out of the newest files.
 *
 * @param files newest first.
 * @param total how many there are; where they are more than `files`, the rate is that of the time they span.
 * @returns null where there is too little to tell.
 */
export function bytesPerDay(files: readonly FileView[], total: number, now: number): number | null {
  const since = now - RATE_DAYS * DAY_MS;
  const recent = files.filter((file) => new Date(file.created_time).getTime() >= since);
  const oldest = recent.at(-1);
  if (!oldest) return null;
  const whole = total > files.length && recent.length === files.length;
  const from = whole ? new Date(oldest.created_time).getTime() : since;
  const begun = Math.max(from, Math.min(...files.map((file) => new Date(file.created_time).getTime())));
  const days = Math.max(1 / 24, (now - begun) / DAY_MS);
  return recent.reduce((sum, file) => sum + file.file_size, 0) / days;
}

/** Days until the disk is full; null where nothing is recorded, or it lasts longer than anybody plans for. */
export function daysLeft(info: StorageInfo, perDay: number | null): number | null {
  if (!perDay) return null;
  const days = info.available_space / perDay;
  return days > LONG_DAYS ? null : days;
}

// Downloads: those that fit into memory show how far they are, big ones are left to the browser, which goes on with them
// when the page is closed.

import { readFile } from "../api/download";
import { Failure } from "../api/failure";
import { t } from "../i18n";
import { complain, dismiss, notify, progress } from "./notices";

/** Bigger files are the browser's own, in bytes. */
export const MOST_BYTES = 100e6;
/** What is done sooner needs no notice. */
const QUIET_MS = 400;

/** Whether the page reads such a file itself: it is not too big, and comes from where the page came from. */
export const isOurs = (url: string, bytes: number): boolean =>
  bytes > 0 && bytes <= MOST_BYTES && new URL(url, location.href).origin === location.origin;

/** Give the browser something to store. */
function store(url: string, filename: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = filename;
  link.hidden = true;
  document.body.append(link);
  link.click();
  link.remove();
}

/** Download a file, of which it is known how big it is; ends when it is there, was refused or given up. */
export async function download(url: string, filename: string, size: number): Promise<void> {
  const ending = new AbortController();
  let notice: number | undefined;
  let share = 0;
  const timer = setTimeout(() => {
    notice = notify({
      kind: "info",
      text: t("library.downloading", { file: filename }),
      progress: share,
      lastsMs: Infinity,
      actions: [{ label: t("cancel"), run: () => ending.abort() }],
    });
  }, QUIET_MS);
  try {
    const blob = await readFile(
      url,
      (bytes) => {
        share = Math.min(1, bytes / size);
        if (notice !== undefined) progress(notice, share);
      },
      ending.signal,
    );
    const local = URL.createObjectURL(blob);
    store(local, filename);
    setTimeout(() => URL.revokeObjectURL(local), 60_000); // the browser has begun to copy it by then
  } catch (why) {
    if (!ending.signal.aborted) complain(t("library.download.failed", { file: filename }), Failure.from(why));
  } finally {
    clearTimeout(timer);
    if (notice !== undefined) dismiss(notice);
  }
}

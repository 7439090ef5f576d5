// The clipboard, also over plain http, where browsers keep the new one away from pages.

/** Copy a text; whether that worked. */
export async function copy(text: string): Promise<boolean> {
  // Where the page is no secure context it is not there, whatever the types say.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard) {
    try {
      await clipboard.writeText(text);
      return true;
    } catch {
      // it may be forbidden; the old way is left
    }
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.readOnly = true;
  area.className = "only-heard";
  const focused = document.activeElement;
  // A dialog keeps the focus to itself: the field has to stand in it.
  (focused?.closest("dialog") ?? document.body).append(area);
  area.select();
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- there is nothing else without a secure context
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}

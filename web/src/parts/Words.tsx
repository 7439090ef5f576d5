// Words, marked with their language where that is not the page's.

import type { Said } from "../i18n/said";

export const wordsOf = (said: Said | string): string => (typeof said === "string" ? said : said.text);

export function Words({ said }: { said: Said | string }) {
  if (typeof said === "string") return said;
  return said.lang ? <span lang={said.lang}>{said.text}</span> : said.text;
}

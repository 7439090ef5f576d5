// What camsvc says in English, in the reader's language where this page knows the sentence.

import { currentLanguage, t } from ".";
import { en } from "./languages/en";
import { visible } from "./names";
import type { Fill, TextKey } from "./texts";

/** Words, and their language where it is not the page's. */
export interface Said {
  readonly text: string;
  readonly lang?: string | undefined;
}

/** Keys of what camsvc says of cameras: their English texts are its own sentences. */
const OF_CAMERAS = "trouble.";

interface Sentence {
  readonly key: TextKey;
  readonly pattern: RegExp;
}

/** As `t`, for a key that only the running page knows. */
type Filled = (key: TextKey, fills: Readonly<Record<string, Fill>>) => string;

let sentences: readonly Sentence[] | null = null;

/** Those that begin with a name are tried last, as anything can be that name. */
function known(): readonly Sentence[] {
  return (sentences ??= Object.entries(en)
    .filter(([key]) => key.startsWith(OF_CAMERAS))
    .sort(([, one], [, other]) => Number(one.startsWith("{")) - Number(other.startsWith("{")))
    .map(([key, text]) => ({ key: key as TextKey, pattern: patternOf(text) })));
}

/** What fits a text, with a group for each of its holes. */
export function patternOf(text: string): RegExp {
  const literal = text.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal.replace(/\{(\w+)\}/g, "(?<$1>.+?)")}$`, "s");
}

/** What camsvc says for which this page has no words of its own. */
export function asSaid(text: string): Said {
  return { text: visible(text), ...(currentLanguage() === "en" ? {} : { lang: "en" }) };
}

/** What keeps a camera from giving pictures. */
export function saidOfCamera(text: string): Said {
  if (currentLanguage() !== "en") {
    for (const { key, pattern } of known()) {
      const found = pattern.exec(text);
      if (!found) continue;
      return { text: (t as Filled)(key, { ...found.groups }) };
    }
  }
  return asSaid(text);
}

// Which texts there are, and what a language has to bring: the English ones say so.

import { en } from "./languages/en";

export type English = typeof en;
export type TextKey = keyof English;

/** A complete language: each key, nothing else. */
export type Texts = Record<TextKey, string>;
/** A language that has been begun; what it lacks stands in English. */
export type BegunTexts = Partial<Texts>;

/** What stands in braces in a text. */
export type Holes<S extends string> = S extends `${string}{${infer Hole}}${infer Rest}`
  ? Hole | Holes<Rest>
  : never;

/** Keys that have a form for one and a form for others: "files" for "files.one" and "files.other". */
export type CountKey = TextKey extends infer K ? (K extends `${infer Base}.other` ? Base : never) : never;

/** Keys of texts without holes. */
export type PlainKey = { [K in TextKey]: [Holes<English[K]>] extends [never] ? K : never }[TextKey];

export type Fill = string | number;

/** What has to be given for a text's holes: nothing where it has none. */
export type Fills<K extends TextKey> = [Holes<English[K]>] extends [never]
  ? []
  : [fills: Record<Holes<English[K]>, Fill>];

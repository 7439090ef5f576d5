// The texts of the page in the language of whoever reads it.

import { en } from "./languages/en";
import { visible } from "./names";
import type { BegunTexts, CountKey, Fill, Fills, TextKey } from "./texts";

export type { CountKey, PlainKey, TextKey } from "./texts";

/** A language is one file of the folder languages: it is found by its name, and needs to be named nowhere else. */
const found: Record<string, (() => Promise<Record<string, BegunTexts>>) | undefined> = import.meta.glob<
  Record<string, BegunTexts>
>(["./languages/*.ts", "!./languages/en.ts"]);

export const languages: readonly string[] = ["en", ...Object.keys(found).map(codeOf)].sort();

let language = "en";
let texts: BegunTexts = en;
let plurals = new Intl.PluralRules("en");

function codeOf(path: string): string {
  return path.replace(/^.*\/|\.ts$/g, "");
}

/** The texts that a language has, as they stand in its file; of English all. */
export async function textsOf(code: string): Promise<BegunTexts> {
  return (await found[`./languages/${code}.ts`]?.())?.[code] ?? en;
}

/** The language in use. Times and numbers take the reader's own variety of it, as en-GB. */
export function currentLanguage(): string {
  return language;
}

export function currentLocale(): string {
  return navigator.languages.find((each) => each.split("-")[0] === language) ?? language;
}

/** The language that is wished for, else the first of the browser's that there is, else English. */
export function bestLanguage(wished: string | null): string {
  for (const each of [wished, ...navigator.languages]) {
    const code = each?.split("-")[0];
    if (code && languages.includes(code)) return code;
  }
  return "en";
}

export async function setLanguage(code: string): Promise<void> {
  texts = await textsOf(code);
  language = code;
  plurals = new Intl.PluralRules(code);
  document.documentElement.lang = code;
}

function fill(text: string, fills: Readonly<Record<string, Fill>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, hole: string) => visible(String(fills[hole] ?? whole)));
}

/** A text; what stands in braces in it has to be given. */
export function t<K extends TextKey>(key: K, ...[fills]: Fills<K>): string {
  const text = texts[key] ?? en[key];
  return fills ? fill(text, fills) : text;
}

/** A text that depends on a number, which stands in it as {n}. */
export function tn(
  key: CountKey,
  n: number,
  shown: string = new Intl.NumberFormat(currentLocale()).format(n),
): string {
  const form = plurals.select(n) === "one" ? "one" : "other";
  const text = texts[`${key}.${form}` as TextKey] ?? en[`${key}.${form}` as TextKey];
  return fill(text, { n: shown });
}

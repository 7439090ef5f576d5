// The page's own texts, so that a test walks through the page in any of its languages.

import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

// As Vite finds them: without the end of their names.
registerHooks({
  resolve: (specifier, context, next) =>
    next(/^\.{1,2}\/.*\/?[^./]+$/.test(specifier) ? `${specifier}.ts` : specifier, context),
});

export type Language = "en" | "de";

async function load(language: Language): Promise<Readonly<Record<string, string>>> {
  const file = join(import.meta.dirname, `../../src/i18n/languages/${language}.ts`);
  const found = (await import(pathToFileURL(file).href)) as Record<string, Record<string, string>>;
  return found[language] ?? {};
}

const texts = { en: await load("en"), de: await load("de") } as const;

/** A text with its holes filled; fails where there is none. */
export function text(language: Language, key: string, fills: Readonly<Record<string, string>> = {}): string {
  const found = texts[language][key];
  if (found === undefined) throw new Error(`no text ${key} in ${language}`);
  return found.replace(/\{(\w+)\}/g, (whole, hole: string) => fills[hole] ?? whole);
}

/** What fits a text whatever stands in its holes; of one that goes by a number, each of its forms. */
export function pattern(language: Language, key: string): RegExp {
  const forms = [key, `${key}.one`, `${key}.other`].flatMap((each) => texts[language][each] ?? []);
  if (!forms.length) throw new Error(`no text ${key} in ${language}`);
  const literal = (part: string) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(
    `^(${forms
      .map((form) =>
        form
          .split(/\{\w+\}/)
          .map(literal)
          .join(".*"),
      )
      .join("|")})$`,
  );
}

// Every dialog and menu that the page can open, found in its sources: each by the key of its name.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SOURCES = join(import.meta.dirname, "../../src");
/** They are what all others are made of. */
const MADE_OF = /parts\/(Dialog|FormDialog|Confirm|Menu)\.tsx$/;

/** Keys of the titles of all dialogs, and of the labels of all menus; fails where one's name is no text of the page. */
export function dialogKeys(): string[] {
  const found = new Set<string>();
  for (const file of globSync("**/*.tsx", { cwd: SOURCES })) {
    if (MADE_OF.test(file) || file.endsWith(".test.tsx")) continue;
    const source = readFileSync(join(SOURCES, file), "utf-8");
    for (const { index, 1: kind } of source.matchAll(/<(Dialog|FormDialog|Confirm|Menu)\b(?=\s|>)/g)) {
      const name = kind === "Menu" ? "label" : "title";
      const key = new RegExp(`^[^>]*?\\b${name}=\\{tn?\\(\\s*"([\\w.]+)"`).exec(source.slice(index + 1))?.[1];
      if (!key) throw new Error(`${file}: the ${name} of a ${kind ?? ""} is no text of the page`);
      found.add(key);
    }
  }
  return [...found].sort();
}

// How large the built page may be: what a browser needs before anything is shown, and all of it. Fails where it is more.

import { readFile, readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

const FOLDER = join(import.meta.dirname, "../dist");
const FIRST = 200_000; // bytes, gzipped: script and style that the page itself names, and what that script imports
const ALL = 2_000_000; // bytes, as they are

const read = (name) => readFile(join(FOLDER, name));

// A script of the build with all that it imports at once; what it imports when needed is left out.
async function withImports(name, found) {
  if (found.has(name)) return;
  found.add(name);
  const text = (await read(name)).toString();
  for (const [, imported] of text.matchAll(/(?:\bfrom|\bimport)\s*"\.\/([^"]+)"/g)) {
    await withImports(`assets/${imported}`, found);
  }
}

const page = (await read("index.html")).toString();
const first = new Set();
for (const [, name] of page.matchAll(/(?:src|href)="(?:\.\/)?(assets\/[^"]+\.(?:js|css))"/g)) {
  if (name.endsWith(".js")) await withImports(name, first);
  else first.add(name);
}
let firstBytes = 0;
for (const name of first) firstBytes += gzipSync(await read(name), { level: 9 }).length;

let allBytes = 0;
for (const name of await readdir(FOLDER, { recursive: true })) {
  const about = await stat(join(FOLDER, name));
  if (about.isFile() && ![".gz", ".br"].includes(extname(name))) allBytes += about.size;
}

const kilobytes = (bytes) => `${Math.ceil(bytes / 1000)} kB`;
console.log(
  `the page: ${kilobytes(firstBytes)} gzipped before anything is shown (at most ${kilobytes(FIRST)}), ` +
    `${kilobytes(allBytes)} in all (at most ${kilobytes(ALL)})`,
);
if (first.size < 2 || firstBytes > FIRST || allBytes > ALL) process.exit(1);

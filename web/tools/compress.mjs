// Compresses what Vite has built: beside each text file in dist one .gz and one .br, which camsvc serves as they are.

import { readFile, readdir, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const FOLDER = join(import.meta.dirname, "../dist");
const TEXTS = new Set([".css", ".js", ".json", ".svg", ".txt", ".webmanifest"]);
const WORTH = 1000; // bytes; below it the headers weigh more

for (const name of await readdir(FOLDER, { recursive: true })) {
  if (!TEXTS.has(extname(name))) continue;
  const path = join(FOLDER, name);
  const data = await readFile(path);
  if (data.length < WORTH) continue;
  await writeFile(`${path}.gz`, gzipSync(data, { level: 9 }));
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: data.length };
  await writeFile(`${path}.br`, brotliCompressSync(data, { params }));
}

// A list of files that may be a hundred thousand long: known page by page, as far as it is looked at.

import { Failure } from "../api/failure";
import type { FileList, FileView } from "../api/types";

export const PAGE = 100;

/** Asks camsvc for a part of the list. */
export type LoadPage = (offset: number, limit: number) => Promise<FileList>;

export class PagedFiles {
  private readonly load: LoadPage;
  private changed: (() => void) | null = null;
  private readonly pages = new Map<number, readonly FileView[]>();
  private readonly coming = new Set<number>();
  /** Pages that are shown as they were, and asked for again when they are looked at. */
  private old = new Set<number>();
  private seen: readonly [number, number] = [0, 0];
  /** How many there are; undefined until the first answer. */
  total: number | undefined;
  /** camsvc is still reading its folders: more may come. */
  indexing = false;
  /** Why the last question was not answered. */
  failure: Failure | undefined;

  constructor(load: LoadPage) {
    this.load = load;
  }

  at(index: number): FileView | undefined {
    return this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** The files that are looked at, as far as they are known. */
  looked(): FileView[] {
    const [from, to] = this.seen;
    return Array.from({ length: to - from }, (_, n) => this.at(from + n)).filter(
      (file) => file !== undefined,
    );
  }

  /** See that the files of these places come, `to` left out. */
  want(from: number, to: number): void {
    this.seen = [from, Math.max(from + 1, to)];
    const [first, end] = this.seen;
    for (let page = Math.floor(first / PAGE); page * PAGE < end; page += 1) {
      if (this.total !== undefined && page > 0 && page * PAGE >= this.total) return;
      if (this.coming.has(page) || (this.pages.has(page) && !this.old.has(page))) continue;
      void this.ask(page);
    }
  }

  /** All of these places, asked for where they are not known. */
  async range(from: number, to: number): Promise<FileView[]> {
    for (let page = Math.floor(from / PAGE); page * PAGE < to; page += 1) {
      if (!this.pages.has(page)) await this.ask(page);
    }
    const found: FileView[] = [];
    for (let index = from; index < to; index += 1) {
      const file = this.at(index);
      if (file) found.push(file);
    }
    return found;
  }

  /** Something has changed: what is looked at is asked for again. */
  refresh(): void {
    this.old = new Set([...this.pages.keys(), ...this.coming]);
    this.coming.clear();
    this.want(...this.seen);
  }

  /** It is looked at by whoever is told of changes; null: by nobody any more. */
  shownTo(changed: (() => void) | null): void {
    this.changed = changed;
    if (changed) return;
    // Of a list that nobody looks at stays what was seen last.
    const [first, end] = this.seen;
    for (const page of this.pages.keys())
      if (page * PAGE >= end || (page + 1) * PAGE <= first) this.pages.delete(page);
  }

  private async ask(page: number): Promise<void> {
    this.coming.add(page);
    this.old.delete(page);
    try {
      const { files, total, indexing } = await this.load(page * PAGE, PAGE);
      if (this.total !== undefined && total !== this.total) {
        // Files have come or gone: those of other pages have moved.
        for (const other of this.pages.keys()) if (other !== page) this.old.add(other);
      }
      this.total = total;
      this.indexing = indexing ?? false;
      this.failure = undefined;
      this.pages.set(page, files);
    } catch (why) {
      this.failure = Failure.from(why);
    } finally {
      this.coming.delete(page);
      this.changed?.();
    }
  }
}

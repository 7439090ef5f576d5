import { describe, expect, it } from "vitest";

import type { FileList, FileView } from "../api/types";
import { PAGE, PagedFiles } from "./paged-files";

const file = (n: number) => ({ filename: `f${n}` }) as FileView;

function library(total: number) {
  const asked: number[] = [];
  const state = { total, broken: false };
  const load = (offset: number, limit: number): Promise<FileList> => {
    asked.push(offset);
    if (state.broken) return Promise.reject(new Error("away"));
    const files = Array.from({ length: Math.max(0, Math.min(limit, state.total - offset)) }, (_, n) =>
      file(offset + n),
    );
    return Promise.resolve({ files, total: state.total, limit, offset });
  };
  return { asked, state, list: new PagedFiles(load) };
}

const soon = () => new Promise((resolve) => setTimeout(resolve));

describe("PagedFiles", () => {
  it("asks for what is looked at, once", async () => {
    const { asked, list } = library(100_000);
    list.want(0, 20);
    list.want(0, 30);
    await soon();
    list.want(5, 40);
    expect(asked).toEqual([0]);
    expect(list.total).toBe(100_000);
    expect(list.at(7)?.filename).toBe("f7");
    list.want(99_950, 100_000);
    await soon();
    expect(asked).toEqual([0, 99_900]);
    expect(list.at(99_999)?.filename).toBe("f99999");
    expect(list.at(500)).toBeUndefined();
  });

  it("asks for a page that the end of the screen reaches into", async () => {
    const { asked, list } = library(1000);
    list.want(PAGE - 5, PAGE + 5);
    await soon();
    expect(asked).toEqual([0, PAGE]);
  });

  it("shows what was known until the new one is there", async () => {
    const { asked, state, list } = library(150);
    list.want(0, 150);
    await soon();
    state.total = 149;
    list.refresh();
    expect(list.at(149)?.filename).toBe("f149");
    await soon();
    expect(list.total).toBe(149);
    expect(list.at(149)).toBeUndefined();
    expect(asked.slice(2)).toContain(0);
  });

  it("asks for the rest again when the number has changed", async () => {
    const { asked, state, list } = library(1000);
    list.want(0, 10);
    list.want(500, 510);
    await soon();
    state.total = 1001;
    list.refresh();
    await soon();
    list.want(0, 10);
    await soon();
    expect(asked).toEqual([0, 500, 500, 0]);
  });

  it("keeps why it was not answered until it is", async () => {
    const { state, list } = library(10);
    state.broken = true;
    list.want(0, 10);
    await soon();
    expect(list.failure?.message).toContain("away");
    state.broken = false;
    list.want(0, 10);
    await soon();
    expect(list.failure).toBeUndefined();
    expect(list.at(0)?.filename).toBe("f0");
  });

  it("keeps what was seen last while nobody looks, and asks for nothing", async () => {
    const { asked, list } = library(1000);
    list.shownTo(() => undefined);
    list.want(0, 10);
    list.want(500, 510);
    await soon();
    list.shownTo(null);
    expect([list.total, list.at(505)?.filename, list.at(5)]).toEqual([1000, "f505", undefined]);
    expect(asked).toEqual([0, 500]);
  });

  it("brings all of a range", async () => {
    const { list } = library(250);
    const names = (await list.range(50, 240)).map(({ filename }) => filename);
    expect([names.length, names[0], names.at(-1)]).toEqual([190, "f50", "f239"]);
  });
});

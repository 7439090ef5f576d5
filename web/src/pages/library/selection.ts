// Which files are chosen: one, a range from the last one, all of a day.

import { useState } from "react";

import type { FileView } from "../../api/types";
import { isDone } from "../../state/kinds";

export type Selected = ReadonlyMap<string, FileView>;

export interface Selection {
  selected: Selected;
  /** Choose a file or give it up; `range` takes all between it and the last one that was chosen. */
  toggle: (index: number, file: FileView, range: boolean) => void;
  add: (files: readonly FileView[]) => void;
  clear: () => void;
}

export function withAdded(selected: Selected, files: readonly FileView[]): Selected {
  const now = new Map(selected);
  // One under way cannot be deleted or downloaded yet.
  for (const file of files) if (isDone(file)) now.set(file.filename, file);
  return now;
}

/** What is chosen in a list; `files` brings those of a range. */
export function useSelection(files: (from: number, to: number) => Promise<FileView[]>): Selection {
  const [selected, setSelected] = useState<Selected>(new Map());
  const [anchor, setAnchor] = useState<number | null>(null);
  return {
    selected,
    toggle: (index, file, range) => {
      if (range && anchor !== null) {
        const [from, to] = [Math.min(anchor, index), Math.max(anchor, index) + 1];
        void files(from, to).then((all) => setSelected((before) => withAdded(before, all)));
        return;
      }
      setAnchor(index);
      setSelected((before) => {
        if (!before.has(file.filename)) return withAdded(before, [file]);
        const now = new Map(before);
        now.delete(file.filename);
        return now;
      });
    },
    add: (all) => setSelected((before) => withAdded(before, all)),
    clear: () => {
      setSelected(new Map());
      setAnchor(null);
    },
  };
}

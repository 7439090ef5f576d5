// The list of files by days: only what is on the screen is there, of however many.

import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";

import { t } from "../../i18n";
import { day as dayText } from "../../i18n/format";
import { Button } from "../../parts/Button";
import { keyOf, useDoomed } from "../../state/deletions";
import type { FileKind } from "../../state/kinds";
import type { PagedFiles } from "../../state/paged-files";
import { dayOf, type Day } from "../../parts/days";
import { FileRow } from "./FileRow";
import styles from "./FileRows.module.css";
import type { Selection } from "./selection";

const ROW_PX = 92;

interface FileRowsProps {
  kind: FileKind;
  list: PagedFiles;
  selection: Selection;
  onDay: (day: Day) => void;
}

export function FileRows({ kind, list, selection, onDay }: FileRowsProps) {
  const place = useRef<HTMLDivElement>(null);
  const [offset, setOffset] = useState(0);
  const doomed = useDoomed();
  const count = list.total ?? 0;

  useEffect(() => {
    // Where the list begins on the page changes with what stands above it.
    const measure = () => setOffset((place.current?.getBoundingClientRect().top ?? 0) + scrollY);
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);

  const virtual = useWindowVirtualizer({
    count,
    estimateSize: () => ROW_PX,
    overscan: 8,
    scrollMargin: offset,
    getItemKey: (index) => list.at(index)?.filename ?? index,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    list.want(first, last + 1);
  }, [list, first, last]);

  return (
    <div ref={place}>
      <div role="list" className={styles.list} style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, key, start }) => {
          const file = list.at(index);
          const before = index > 0 ? list.at(index - 1) : undefined;
          const day = file && dayOf(file.created_time);
          const begins = day !== undefined && (!before || dayOf(before.created_time) !== day);
          const words = file ? dayText(file.created_time) : "";
          return (
            <div
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              role="listitem"
              aria-setsize={count}
              aria-posinset={index + 1}
              className={styles.item}
              style={{ transform: `translateY(${start - offset}px)` }}
            >
              {begins && (
                <div className={styles.day}>
                  <h2>{words}</h2>
                  <Button
                    kind="quiet"
                    small
                    aria-label={t("library.selectday.of", { day: words })}
                    onClick={() => onDay(day)}
                  >
                    {t("library.selectday")}
                  </Button>
                </div>
              )}
              {file ? (
                <FileRow
                  kind={kind}
                  file={file}
                  selected={selection.selected.has(file.filename)}
                  choosing={selection.selected.size > 0}
                  doomed={doomed.has(keyOf(kind, file.filename))}
                  onToggle={(range) => selection.toggle(index, file, range)}
                />
              ) : (
                <div className={styles.coming} aria-hidden="true" />
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

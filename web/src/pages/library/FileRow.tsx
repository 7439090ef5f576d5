// One recording or snapshot of the list.

import { useEffect, useState } from "react";
import { Link } from "wouter";

import type { FileView } from "../../api/types";
import { t, tn } from "../../i18n";
import { clock, dateTime, percent, size, time } from "../../i18n/format";
import { visible } from "../../i18n/names";
import { Button } from "../../parts/Button";
import { classes } from "../../parts/classes";
import { Icon } from "../../parts/Icon";
import { Pill } from "../../parts/Pill";
import { useApp } from "../../state/store";
import { isDone, type FileKind } from "../../state/kinds";
import { DownloadLink } from "./DownloadLink";
import styles from "./FileRow.module.css";

interface FileRowProps {
  kind: FileKind;
  file: FileView;
  selected: boolean;
  /** Some are chosen: then a touch chooses. */
  choosing: boolean;
  /** It is about to be deleted. */
  doomed: boolean;
  onToggle: (range: boolean) => void;
}

export const pathOf = (kind: FileKind, filename: string): string =>
  `/library/${kind}/${encodeURIComponent(filename)}`;

/** The name in such an address: the router's own parameter has some of its signs decoded and others not. */
export function filenameOf(address: string): string {
  const last = address.slice(address.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(last);
  } catch {
    return last; // written by hand
  }
}

export function nameOf(cameras: Readonly<Record<string, { name: string }>>, device: string): string {
  return cameras[device]?.name ?? (device || t("library.nocamera"));
}

/** camsvc makes thumbnails one at a time, and asks to come back after so long. */
const COME_BACK_MS = 10_000;
const TRIES = 4;

export function Thumbnail({ file }: { file: FileView }) {
  const url = file.thumbnail_url;
  const [tried, setTried] = useState({ url, times: 0, broken: false });
  if (tried.url !== url) setTried({ url, times: 0, broken: false });
  useEffect(() => {
    if (!tried.broken || tried.times >= TRIES) return;
    const timer = setTimeout(() => setTried((before) => ({ ...before, broken: false })), COME_BACK_MS);
    return () => clearTimeout(timer);
  }, [tried]);
  return (
    <span className={styles.thumbnail}>
      {url && !tried.broken ? (
        <img
          src={url}
          alt=""
          loading="lazy"
          decoding="async"
          onError={() => setTried(({ times }) => ({ url, times: times + 1, broken: true }))}
        />
      ) : (
        <Icon name={file.status === "RECORDING" ? "record" : "snapshot"} size="1.5rem" />
      )}
      {file.duration !== undefined && isDone(file) && (
        <span className={styles.length}>{clock(file.duration)}</span>
      )}
    </span>
  );
}

function State({ file }: { file: FileView }) {
  if (file.status === "RECORDING") return <Pill tone="recording">{t("library.state.recording")}</Pill>;
  if (file.status !== "FINISHING") return null;
  const words = t("library.state.finishing");
  return (
    <Pill tone="warn">{file.progress === undefined ? words : `${words} ${percent(file.progress)}`}</Pill>
  );
}

export function FileRow({ kind, file, selected, choosing, doomed, onToggle }: FileRowProps) {
  const cameras = useApp((state) => state.cameras);
  const name = nameOf(cameras, file.device);
  const done = isDone(file);
  const label = `${name}, ${dateTime(file.created_time)}`;
  return (
    <div
      className={classes(styles.row, selected && styles.selected, doomed && styles.doomed)}
      data-filename={file.filename}
    >
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={selected}
          disabled={!done || doomed}
          aria-label={t("library.select", { file: label })}
          onChange={() => undefined}
          onClick={(event) => onToggle(event.shiftKey)}
        />
      </label>
      <Link
        className={styles.open}
        href={pathOf(kind, file.filename)}
        onClick={(event) => {
          if (!choosing || !done || doomed) return;
          event.preventDefault();
          onToggle(event.shiftKey);
        }}
      >
        <span className="only-heard">{t(kind === "snapshots" ? "library.look" : "library.play")} </span>
        <Thumbnail file={file} />
        <span className={styles.words}>
          <span className={styles.first}>
            <span className={styles.time}>{time(file.created_time)}</span>
            <span className={styles.name}>{name}</span>
            <State file={file} />
            {file.archived && (
              <span className={styles.archived} title={t("library.archived")}>
                <Icon name="archive" />
                <span className="only-heard">{t("library.archived")}</span>
              </span>
            )}
            {file.protected && (
              <span className={styles.shield} title={t("library.protected")}>
                <Icon name="shield" />
                <span className="only-heard">{t("library.protected")}</span>
              </span>
            )}
          </span>
          <span className={styles.second}>
            <span className={styles.filename}>{visible(file.filename)}</span>
            {doomed ? <span>{tn("library.deleting", 1)}</span> : <span>{size(file.file_size)}</span>}
            {file.width !== undefined && file.height !== undefined && (
              <span className={styles.wide}>
                {file.width} × {file.height}
              </span>
            )}
          </span>
        </span>
      </Link>
      {done ? (
        <DownloadLink
          url={file.download_url}
          filename={file.filename}
          bytes={file.file_size}
          label={t("library.download.of", { file: label })}
        />
      ) : (
        <Button
          kind="quiet"
          icon="download"
          aria-label={t("library.download.of", { file: label })}
          unavailable={t("library.notyet")}
        />
      )}
    </div>
  );
}

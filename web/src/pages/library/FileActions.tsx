// What can be done with one file of the library, and the way to the one before and after.

import { useState } from "react";
import { navigate } from "wouter/use-hash-location";

import { t, tn } from "../../i18n";
import { Button, IconButton } from "../../parts/Button";
import { Confirm } from "../../parts/Confirm";
import { useKeys } from "../../parts/keys";
import { deleteLater, keyOf, useDoomed } from "../../state/deletions";
import type { FileInfo, Neighbours } from "../../state/files";
import { isDone, KINDS, type FileKind } from "../../state/kinds";
import { useMoves } from "../../state/moves";
import { protect } from "../../state/protection";
import { useMay, useOffline } from "../../state/rights";
import { DownloadLink } from "./DownloadLink";
import { ExportDialog } from "./ExportDialog";
import styles from "./FilePage.module.css";
import { pathOf } from "./FileRow";

interface FileActionsProps {
  kind: FileKind;
  info: FileInfo;
  neighbours: Neighbours;
  /** Ask for the file again. */
  again: () => void;
  back: () => void;
}

function Steps({ kind, neighbours: { older, newer } }: Pick<FileActionsProps, "kind" | "neighbours">) {
  const go = (to: string | undefined) => to !== undefined && navigate(pathOf(kind, to));
  useKeys(t("library.title"), [
    { key: "p", text: t("library.older"), run: () => go(older?.filename) },
    { key: "n", text: t("library.newer"), run: () => go(newer?.filename) },
  ]);
  return (
    <>
      <IconButton
        icon="back"
        label={t("library.older")}
        unavailable={older ? null : t("library.older.none")}
        onClick={() => go(older?.filename)}
      />
      <IconButton
        icon="next"
        label={t("library.newer")}
        unavailable={newer ? null : t("library.newer.none")}
        onClick={() => go(newer?.filename)}
      />
    </>
  );
}

/** What a finished recording can have besides. */
function OfRecording({ info, again }: Pick<FileActionsProps, "info" | "again">) {
  const mayExport = useMay("export_recording");
  const mayProtect = useMay("protect_recording");
  const { moves, mayMove, move } = useMoves();
  const offline = useOffline();
  const [exporting, setExporting] = useState(false);
  const began = new Date(info.created_time).getTime();
  const onItsWay = moves.some(({ filename }) => filename === info.filename);
  const unmoved = info.archived ? t("library.move.already") : onItsWay ? t("library.move.waits") : null;
  return (
    <>
      {mayExport && (
        <Button icon="cut" aria-label={t("library.export")} onClick={() => setExporting(true)}>
          <span className={styles.words}>{t("library.export")}</span>
        </Button>
      )}
      {mayMove && (
        <IconButton
          icon="archive"
          label={t("library.move")}
          unavailable={offline ?? unmoved}
          onClick={() => void move([info.filename])}
        />
      )}
      {mayProtect && (
        <IconButton
          icon="shield"
          label={t(info.protected ? "library.unprotect" : "library.protect")}
          aria-pressed={info.protected ?? false}
          unavailable={offline}
          onClick={() => void protect([info.filename], !info.protected).then(again)}
        />
      )}
      {exporting && (
        <ExportDialog
          device={info.device}
          began={began}
          ended={began + (info.duration ?? 0) * 1000}
          onClose={() => setExporting(false)}
        />
      )}
    </>
  );
}

function Delete({ kind, info, back }: Pick<FileActionsProps, "kind" | "info" | "back">) {
  const offline = useOffline();
  const doomed = useDoomed().has(keyOf(kind, info.filename));
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button
        kind="danger"
        icon="trash"
        aria-label={t("library.delete")}
        unavailable={doomed ? tn("library.deleting", 1) : offline}
        onClick={() => setAsking(true)}
      >
        <span className={styles.words}>{t("library.delete")}</span>
      </Button>
      {asking && (
        <Confirm
          title={tn("library.delete.ask", 1)}
          yes={t("library.delete")}
          onClose={() => setAsking(false)}
          onYes={() => {
            deleteLater(kind, [info.filename]);
            back();
          }}
        >
          <p>{t("library.delete.how")}</p>
          {info.protected && <p>{t("library.delete.protected")}</p>}
        </Confirm>
      )}
    </>
  );
}

export function FileActions({ kind, info, neighbours, again, back }: FileActionsProps) {
  const mayDelete = useMay(KINDS[kind].remove);
  const done = kind === "snapshots" || isDone({ status: info.status ?? "" });
  return (
    <>
      <Steps kind={kind} neighbours={neighbours} />
      {done && (
        <DownloadLink
          url={info.download_url}
          filename={info.filename}
          bytes={info.file_size}
          label={t("library.download")}
        >
          <span className={styles.words}>{t("library.download")}</span>
        </DownloadLink>
      )}
      {done && kind === "recordings" && <OfRecording info={info} again={again} />}
      {done && mayDelete && <Delete kind={kind} info={info} back={back} />}
    </>
  );
}

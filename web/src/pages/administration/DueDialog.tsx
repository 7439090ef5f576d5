// What retention would delete now, before it does.

import type { CleanedUp, DueFile } from "../../api/types";
import { t, tn } from "../../i18n";
import { dateTime, number, size } from "../../i18n/format";
import { visible } from "../../i18n/names";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { Table } from "../../parts/Table";
import { useApp } from "../../state/store";
import styles from "./AdministrationPage.module.css";

interface Props {
  due: CleanedUp;
  onYes: () => void;
  onNo: () => void;
}

const NOTHING: readonly DueFile[] = [];

export function DueDialog({ due, onYes, onNo }: Props) {
  const cameras = useApp((state) => state.cameras);
  const files = due.files ?? NOTHING;
  const totals = Object.values(due.policies ?? {});
  const count = totals.reduce((sum, each) => sum + each.files, 0) || files.length;
  const bytes = totals.reduce((sum, each) => sum + each.bytes, 0);
  return (
    <Dialog
      wide
      title={tn("administration.retention.due", count, number(count))}
      onClose={onNo}
      foot={
        <>
          <Button onClick={onNo}>{t("cancel")}</Button>
          <Button kind="danger" onClick={onYes}>
            {tn("administration.retention.delete", count, number(count))}
          </Button>
        </>
      }
    >
      <p>{t("administration.retention.due.what", { size: size(bytes) })}</p>
      <div
        className={styles.due}
        tabIndex={0}
        role="region"
        aria-label={t("administration.retention.due.list")}
      >
        <Table
          caption={t("administration.retention.due.list")}
          rows={files}
          rowKey={({ filename }) => filename}
          columns={[
            {
              key: "file",
              title: t("administration.retention.file"),
              cell: ({ filename }) => visible(filename),
            },
            {
              key: "camera",
              title: t("administration.retention.camera"),
              cell: ({ device }) => cameras[device]?.name ?? device,
            },
            {
              key: "made",
              title: t("administration.retention.made"),
              cell: ({ created_time: at }) => dateTime(at),
            },
            {
              key: "size",
              title: t("administration.retention.bytes"),
              end: true,
              cell: (file) => size(file.file_size),
            },
          ]}
        />
      </div>
      {count > files.length && (
        <p className={styles.intro}>
          {t("administration.retention.due.more", { n: number(count - files.length) })}
        </p>
      )}
    </Dialog>
  );
}

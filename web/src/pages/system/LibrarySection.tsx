// Whether the library is what its index says: each file is opened, and what is wrong is named, and mended if wished.

import type { FindingView, VerdictView } from "../../api/types";
import { t, tn } from "../../i18n";
import { number, percent } from "../../i18n/format";
import { visible } from "../../i18n/names";
import { Button } from "../../parts/Button";
import { Section } from "../../parts/Page";
import { Table } from "../../parts/Table";
import { Trouble } from "../../parts/Trouble";
import { explain } from "../../state/explain";
import { useOffline } from "../../state/rights";
import { useApp } from "../../state/store";
import { cancelVerification, useVerification, verify } from "../../state/verification";
import { findingName } from "./library-findings";
import styles from "./SystemPage.module.css";

function Findings({ verdict: { findings, total_findings: total } }: { verdict: VerdictView }) {
  const cameras = useApp((state) => state.cameras);
  if (!findings.length) return null;
  return (
    <>
      <div className={styles.found} tabIndex={0} role="region" aria-label={t("system.library.findings")}>
        <Table
          caption={t("system.library.findings")}
          rows={findings}
          rowKey={({ kind, filename, finding }) => `${kind} ${filename} ${finding}`}
          columns={[
            { key: "file", title: t("system.library.file"), cell: ({ filename }) => visible(filename) },
            {
              key: "camera",
              title: t("system.load.camera"),
              cell: ({ device }) => cameras[device]?.name ?? (device || "–"),
            },
            {
              key: "what",
              title: t("system.library.what"),
              cell: (finding: FindingView) => (
                <span>
                  {findingName(finding.finding)}
                  <span className={styles.detail}>{visible(finding.detail)}</span>
                </span>
              ),
            },
            { key: "action", title: t("system.library.action"), cell: ({ action }) => action },
          ]}
        />
      </div>
      {total > findings.length && (
        <p className={styles.since}>{tn("system.library.more", total - findings.length)}</p>
      )}
    </>
  );
}

/** How far it is, or what it has found. */
function Verdict({ verdict }: { verdict: VerdictView }) {
  const { status, progress, checked, ok } = verdict;
  if (status === "RUNNING") {
    const words = tn("system.library.running", checked, number(checked));
    return (
      <p className={styles.progress}>
        <span>{words}</span>
        <progress value={progress} max={1} aria-label={words} />
        <span>{percent(progress)}</span>
      </p>
    );
  }
  const end = status === "DONE" ? "done" : status === "CANCELLED" ? "cancelled" : "error";
  return (
    <p>
      {t(`system.library.${end}`)} {tn("system.library.counted", checked, number(checked))}{" "}
      {checked === ok ? t("system.library.sound") : t("system.library.ok", { n: number(ok) })}
    </p>
  );
}

export function LibrarySection() {
  const { verdict, running, failure } = useVerification();
  const offline = useOffline();
  return (
    <Section
      title={t("system.library")}
      actions={
        running ? (
          <Button unavailable={offline} onClick={() => void cancelVerification()}>
            {t("cancel")}
          </Button>
        ) : (
          <span className={styles.actions}>
            <Button unavailable={offline} onClick={() => void verify(true)}>
              {t("system.library.mend")}
            </Button>
            <Button kind="primary" unavailable={offline} onClick={() => void verify(false)}>
              {t("system.library.check")}
            </Button>
          </span>
        )
      }
    >
      <p className={styles.since}>{t("system.library.how")}</p>
      {failure && <Trouble {...explain(failure)} />}
      <div role="status">{verdict && <Verdict verdict={verdict} />}</div>
      {verdict && <Findings verdict={verdict} />}
    </Section>
  );
}

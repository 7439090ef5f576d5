// How long recordings and snapshots are kept. Nothing is deleted before it was shown what would be.

import { useState } from "react";

import type { CleanedUp, PolicyView } from "../../api/types";
import { t, tn } from "../../i18n";
import { number, size } from "../../i18n/format";
import { Button } from "../../parts/Button";
import { Section } from "../../parts/Page";
import { Trouble } from "../../parts/Trouble";
import { Waiting } from "../../parts/Waiting";
import { useAnswer } from "../../state/answers";
import { call } from "../../state/connection";
import { explain } from "../../state/explain";
import { complain, notify } from "../../state/notices";
import { useOffline } from "../../state/rights";
import styles from "./AdministrationPage.module.css";
import { DueDialog } from "./DueDialog";
import { formOf, isWrong, onDemand, paramsOf, wrongIn, type PolicyForm } from "./retention";
import { RetentionFields } from "./RetentionFields";

export const deletedWords = ({ files_deleted: files, space_freed: bytes }: CleanedUp): string =>
  `${tn("administration.retention.deleted", files, number(files))} ${t("administration.retention.freed", { size: size(bytes) })}`;

function RetentionForm({ policy, again }: { policy: PolicyView; again: () => void }) {
  const [form, setForm] = useState(() => formOf(policy));
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const [asked, ask] = useState<{ due: CleanedUp; yes: () => void; no: () => void } | null>(null);
  const offline = useOffline();
  const wrong = wrongIn(form);

  const working = async (work: () => Promise<void>) => {
    setBusy(true);
    try {
      await work();
    } catch (why) {
      complain(t("administration.retention.failed"), why);
    }
    setBusy(false);
  };
  const set = (wished: PolicyForm) => call("set_retention_policy", paramsOf(wished));
  const tryOut = (wished: PolicyForm) => call("set_retention_policy", onDemand(paramsOf(wished)));
  const finish = (wished: PolicyForm) =>
    working(async () => {
      await set(wished);
      notify({ kind: "good", text: t("administration.retention.saved") });
      again();
    });
  const restore = (before: PolicyForm) =>
    working(async () => {
      await set(before);
    });
  /** Set it so that it deletes when asked alone, see what that would be, and set it whole once somebody has seen it. */
  const save = () =>
    working(async () => {
      setTried(true);
      if (isWrong(wrong)) return;
      if (!form.enabled || form.type === "manual") return finish(form);
      const before = formOf(policy);
      await tryOut(form);
      const due = await call("cleanup_old_files", { preview: true });
      if (!due.files?.length) return finish(form);
      ask({
        due,
        yes: () => void finish(form),
        no: () => void restore(before),
      });
    });
  const cleanUp = () =>
    working(async () => {
      const due = await call("cleanup_old_files", { preview: true });
      if (!due.files?.length) {
        notify({ kind: "info", text: t("administration.retention.nothing") });
        return;
      }
      const yes = () =>
        void working(async () => {
          const done = await call("cleanup_old_files", {});
          notify({ kind: "good", text: deletedWords(done) });
        });
      ask({ due, yes, no: () => undefined });
    });

  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <RetentionFields form={form} onChange={setForm} wrong={tried ? wrong : null} />
      <div className={styles.actions}>
        <Button
          icon="trash"
          busy={busy}
          unavailable={offline ?? (policy.enabled ? null : t("administration.retention.off"))}
          onClick={() => void cleanUp()}
        >
          {t("administration.retention.clean")}
        </Button>
        <Button kind="primary" type="submit" busy={busy} unavailable={offline}>
          {t("save")}
        </Button>
      </div>
      {asked && (
        <DueDialog
          due={asked.due}
          onYes={() => {
            ask(null);
            asked.yes();
          }}
          onNo={() => {
            ask(null);
            asked.no();
          }}
        />
      )}
    </form>
  );
}

export function RetentionPart() {
  const { value: policy, at, failure, again } = useAnswer("get_retention_policy", {});
  return (
    <Section title={t("administration.retention")}>
      <p className={styles.intro}>{t("administration.retention.intro")}</p>
      {failure && <Trouble {...explain(failure)} />}
      {!policy && !failure && <Waiting label={t("loading")} />}
      {policy && <RetentionForm key={at} policy={policy} again={again} />}
    </Section>
  );
}

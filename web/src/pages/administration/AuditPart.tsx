// What was done and refused: who, when, from where; the newest first.

import { useState } from "react";

import { methodRoles, type AuditEntry } from "../../api/types";
import { t } from "../../i18n";
import { dateTime, number } from "../../i18n/format";
import { visible } from "../../i18n/names";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { SelectField, TextField } from "../../parts/Field";
import { Section } from "../../parts/Page";
import { Pill } from "../../parts/Pill";
import { Table } from "../../parts/Table";
import { Trouble } from "../../parts/Trouble";
import { Waiting } from "../../parts/Waiting";
import { useAnswer } from "../../state/answers";
import { explain } from "../../state/explain";
import { useOffline } from "../../state/rights";
import styles from "./AdministrationPage.module.css";

const PAGE = 50;
/** Entries of what is no method: logins, and what is refused before a method is known. */
const OTHERS = ["login", "http", "websocket", "stream", "refused"];

function Details({ params }: { params: AuditEntry["params"] }) {
  if (Object.keys(params).length === 0) return "–";
  return (
    <details className={styles.params}>
      <summary>{t("administration.audit.params.show")}</summary>
      <pre tabIndex={0}>{visible(JSON.stringify(params, null, 2))}</pre>
    </details>
  );
}

export function AuditPart() {
  const [actor, setActor] = useState("");
  const [asked, setAsked] = useState("");
  const [method, setMethod] = useState("");
  const [offset, setOffset] = useState(0);
  const offline = useOffline();
  const { value, failure, again, asking } = useAnswer("get_audit_log", {
    limit: PAGE,
    offset,
    ...(asked ? { actor: asked } : {}),
    ...(method ? { method } : {}),
  });
  const methods = [...Object.keys(methodRoles), ...OTHERS].sort();
  const last = value ? Math.min(offset + PAGE, value.total) : 0;
  return (
    <Section
      title={t("administration.audit")}
      actions={
        <Button icon="refresh" busy={asking} unavailable={offline} onClick={again}>
          {t("administration.audit.again")}
        </Button>
      }
    >
      <p className={styles.intro}>{t("administration.audit.intro")}</p>
      <form
        className={styles.row}
        role="search"
        aria-label={t("administration.audit.filter")}
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(actor.trim());
          setOffset(0);
        }}
      >
        <TextField
          label={t("administration.audit.actor")}
          value={actor}
          onChange={(event) => setActor(event.target.value)}
          placeholder={t("administration.audit.actor.hint")}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
        />
        <SelectField
          label={t("administration.audit.method")}
          value={method}
          options={[
            { value: "", label: t("administration.audit.method.all") },
            ...methods.map((name) => ({ value: name, label: name })),
          ]}
          onChange={(name) => {
            setMethod(name);
            setOffset(0);
          }}
        />
        <Button type="submit" icon="search" unavailable={offline}>
          {t("administration.audit.search")}
        </Button>
      </form>
      {failure && <Trouble {...explain(failure)} />}
      {!value && !failure && <Waiting label={t("loading")} />}
      {value?.entries.length === 0 && <Empty icon="search" title={t("administration.audit.none")} />}
      {value && value.entries.length > 0 && (
        <>
          <Table
            caption={t("administration.audit")}
            rows={value.entries}
            rowKey={({ number: at }) => at}
            columns={[
              {
                key: "when",
                title: t("administration.audit.when"),
                cell: ({ timestamp }) => <time dateTime={timestamp}>{dateTime(timestamp)}</time>,
              },
              {
                key: "who",
                title: t("administration.audit.who"),
                cell: ({ actor: who, address }) => (
                  <span>
                    <span className={styles.name}>{visible(who) || t("administration.audit.nobody")}</span>
                    <span className={styles.sub}>{address}</span>
                  </span>
                ),
              },
              {
                key: "what",
                title: t("administration.audit.what"),
                cell: ({ method: name }) => <span className={styles.code}>{name}</span>,
              },
              {
                key: "params",
                title: t("administration.audit.params"),
                cell: ({ params }) => <Details params={params} />,
              },
              {
                key: "result",
                title: t("administration.audit.result"),
                cell: ({ result }) =>
                  result === "ok" ? (
                    <Pill tone="good">{t("administration.audit.ok")}</Pill>
                  ) : (
                    <span>
                      <Pill tone="bad">{t("administration.audit.refused")}</Pill>
                      <span className={styles.sub}>{result}</span>
                    </span>
                  ),
              },
            ]}
          />
          <div className={styles.pager}>
            <Button
              icon="back"
              unavailable={offset === 0 ? t("administration.audit.newest") : offline}
              onClick={() => setOffset(Math.max(0, offset - PAGE))}
            >
              {t("administration.audit.newer")}
            </Button>
            <span role="status">
              {t("administration.audit.shown", {
                from: number(offset + 1),
                to: number(last),
                total: number(value.total),
              })}
            </span>
            <Button
              icon="next"
              unavailable={last >= value.total ? t("administration.audit.oldest") : offline}
              onClick={() => setOffset(offset + PAGE)}
            >
              {t("administration.audit.older")}
            </Button>
          </div>
        </>
      )}
    </Section>
  );
}

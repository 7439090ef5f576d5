// Who may come in, what is kept, which streams are cameras, what was done: a part each, as far as one may.

import { useEffect, useRef, type ComponentType } from "react";
import { Link, useParams } from "wouter";

import type { MethodName } from "../../api/types";
import { t, type PlainKey } from "../../i18n";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/Empty";
import { may, roleOf } from "../../state/rights";
import { useApp } from "../../state/store";
import styles from "./AdministrationPage.module.css";
import { AuditPart } from "./AuditPart";
import { KeysPart } from "./KeysPart";
import { PreferencesPart } from "./PreferencesPart";
import { RetentionPart } from "./RetentionPart";
import { StreamsPart } from "./StreamsPart";
import { UsersPart } from "./UsersPart";

interface Part {
  name: string;
  text: PlainKey;
  needs: MethodName;
  Content: ComponentType;
}

const PARTS: readonly Part[] = [
  { name: "users", text: "administration.users", needs: "list_users", Content: UsersPart },
  { name: "keys", text: "administration.keys", needs: "list_api_keys", Content: KeysPart },
  {
    name: "retention",
    text: "administration.retention",
    needs: "get_retention_policy",
    Content: RetentionPart,
  },
  { name: "streams", text: "administration.streams", needs: "add_external_stream", Content: StreamsPart },
  { name: "audit", text: "administration.audit", needs: "get_audit_log", Content: AuditPart },
  { name: "preferences", text: "administration.preferences", needs: "ping", Content: PreferencesPart },
];

export default function AdministrationPage() {
  const role = useApp(roleOf);
  const { part: asked } = useParams<{ part?: string }>();
  const parts = PARTS.filter(({ needs }) => may(role, needs));
  const shown = asked ? parts.find(({ name }) => name === asked) : parts[0];
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    list.current?.querySelector("[aria-current]")?.scrollIntoView({ inline: "nearest", block: "nearest" });
  }, [shown]);
  return (
    <Page title={t("administration.title")}>
      <nav aria-label={t("administration.parts")}>
        <ul ref={list} className={styles.parts}>
          {parts.map(({ name, text }) => (
            <li key={name}>
              <Link
                href={`/administration/${name}`}
                className={styles.part}
                aria-current={name === shown?.name ? "page" : undefined}
              >
                {t(text)}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      {shown ? <shown.Content /> : <Empty icon="lock" title={t("administration.nowhere")} />}
    </Page>
  );
}

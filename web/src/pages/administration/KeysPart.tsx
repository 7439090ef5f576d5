// Keys for programs: what each may, when it was last used; a new one is shown once.

import { useState } from "react";

import type { KeyCreated, KeyView } from "../../api/types";
import { t, tn } from "../../i18n";
import { dateTime } from "../../i18n/format";
import { visible } from "../../i18n/names";
import { Button } from "../../parts/Button";
import { Confirm } from "../../parts/Confirm";
import { Copyable } from "../../parts/Copyable";
import { Dialog } from "../../parts/Dialog";
import { Empty } from "../../parts/Empty";
import { useNow } from "../../parts/now";
import { Section } from "../../parts/Page";
import { Pill } from "../../parts/Pill";
import { Table } from "../../parts/Table";
import { Ago } from "../../parts/Time";
import { Trouble } from "../../parts/Trouble";
import { Waiting } from "../../parts/Waiting";
import { useAnswer } from "../../state/answers";
import { call } from "../../state/connection";
import { explain } from "../../state/explain";
import { complain, notify } from "../../state/notices";
import { roleName, useOffline } from "../../state/rights";
import { useApp } from "../../state/store";
import styles from "./AdministrationPage.module.css";
import { KeyDialog } from "./KeyDialog";

type Shown = { what: "add" } | { what: "made"; key: KeyCreated } | { what: "revoke"; key: KeyView };

function Expiry({ at }: { at: string | undefined }) {
  const now = useNow(30_000);
  if (!at) return t("administration.never");
  if (new Date(at).getTime() < now) return <Pill tone="bad">{t("administration.keys.is.over")}</Pill>;
  return <time dateTime={at}>{dateTime(at)}</time>;
}

export function KeysPart() {
  const { value, failure, again } = useAnswer("list_api_keys", {});
  const cameras = useApp((state) => state.cameras);
  const offline = useOffline();
  const [shown, show] = useState<Shown | null>(null);
  const close = () => show(null);
  const nameOf = (device: string) => cameras[device]?.name ?? device;

  const revoke = async ({ key_id: id, name }: KeyView) => {
    try {
      const { api_keys: others } = await call("revoke_api_key", { key_id: id });
      const more = others?.length ? ` ${tn("administration.keys.revoked.others", others.length)}` : "";
      notify({ kind: "good", text: t("administration.keys.revoked", { name }) + more });
      again();
    } catch (why) {
      complain(t("administration.keys.failed"), why);
    }
  };

  return (
    <Section
      title={t("administration.keys")}
      actions={
        <Button kind="primary" icon="plus" unavailable={offline} onClick={() => show({ what: "add" })}>
          {t("administration.keys.add")}
        </Button>
      }
    >
      <p className={styles.intro}>{t("administration.keys.intro")}</p>
      {failure && <Trouble {...explain(failure)} />}
      {!value && !failure && <Waiting label={t("loading")} />}
      {value?.keys.length === 0 && <Empty icon="lock" title={t("administration.keys.none")} />}
      {value && value.keys.length > 0 && (
        <Table
          caption={t("administration.keys")}
          rows={value.keys}
          rowKey={({ key_id: id }) => id}
          columns={[
            {
              key: "name",
              title: t("administration.keys.name"),
              cell: ({ name, created_by: by }) => (
                <span>
                  <span className={styles.name}>{visible(name)}</span>
                  <span className={styles.sub}>{t("administration.keys.by", { user: by })}</span>
                </span>
              ),
            },
            { key: "role", short: true, title: t("administration.role"), cell: ({ role }) => roleName(role) },
            {
              key: "cameras",
              title: t("administration.keys.cameras"),
              cell: ({ cameras: only }) =>
                only?.map(nameOf).join(", ") ?? t("administration.keys.cameras.all"),
            },
            {
              key: "expiry",
              title: t("administration.keys.expiry"),
              cell: ({ expires_at: at }) => <Expiry at={at} />,
            },
            {
              key: "used",
              title: t("administration.keys.used"),
              cell: ({ last_used_at: at }) => (at ? <Ago at={at} /> : t("administration.never")),
            },
            {
              key: "revoke",
              title: t("administration.actions"),
              end: true,
              cell: (key) => (
                <Button
                  small
                  kind="danger"
                  unavailable={offline}
                  aria-label={t("administration.keys.revoke.of", { name: key.name })}
                  onClick={() => show({ what: "revoke", key })}
                >
                  {t("administration.keys.revoke")}
                </Button>
              ),
            },
          ]}
        />
      )}
      {shown?.what === "add" && (
        <KeyDialog
          onClose={close}
          onDone={(key) => {
            show({ what: "made", key });
            again();
          }}
        />
      )}
      {shown?.what === "made" && (
        <Dialog
          title={t("administration.keys.made", { name: shown.key.name })}
          onClose={close}
          foot={
            <Button kind="primary" onClick={close}>
              {t("administration.keys.kept")}
            </Button>
          }
        >
          <div className={styles.form}>
            <p>{t("administration.keys.once")}</p>
            <Copyable label={t("administration.keys.key")} text={shown.key.key} />
            <Copyable
              label={t("administration.keys.try")}
              text={`curl -H "X-API-Key: ${shown.key.key}" ${location.origin}/cameras/${shown.key.cameras?.[0] ?? "camera0"}/preview.jpg -o picture.jpg`}
            />
          </div>
        </Dialog>
      )}
      {shown?.what === "revoke" && (
        <Confirm
          title={t("administration.keys.revoke.ask", { name: shown.key.name })}
          yes={t("administration.keys.revoke")}
          onYes={() => void revoke(shown.key)}
          onClose={close}
        >
          <p>{t("administration.keys.revoke.what")}</p>
        </Confirm>
      )}
    </Section>
  );
}

// Who is connected, from where, since when.

import { t } from "../../i18n";
import { visible } from "../../i18n/names";
import { Section } from "../../parts/Page";
import { Table } from "../../parts/Table";
import { Ago } from "../../parts/Time";
import { Trouble } from "../../parts/Trouble";
import { Waiting } from "../../parts/Waiting";
import { useAnswer } from "../../state/answers";
import { explain } from "../../state/explain";
import { roleName } from "../../state/rights";
import { programOf } from "./user-agent";

export function ClientsSection() {
  const { value, failure } = useAnswer("list_clients", {}, { everyMs: 15_000 });
  return (
    <Section title={t("system.clients")}>
      {failure && <Trouble {...explain(failure)} />}
      {!value && !failure && <Waiting label={t("loading")} />}
      {value && (
        <Table
          caption={t("system.clients")}
          rows={value.clients}
          rowKey={({ client_id: id }) => id}
          columns={[
            {
              key: "user",
              title: t("system.clients.user"),
              cell: ({ user }) => visible(user) || t("system.clients.nobody"),
            },
            { key: "role", short: true, title: t("system.clients.role"), cell: ({ role }) => roleName(role) },
            { key: "address", title: t("system.clients.address"), cell: ({ address }) => address },
            {
              key: "program",
              title: t("system.clients.program"),
              cell: ({ user_agent: agent }) => (
                <span title={visible(agent)}>{programOf(agent) ?? t("system.clients.other")}</span>
              ),
            },
            {
              key: "since",
              title: t("system.clients.since"),
              end: true,
              cell: ({ since }) => <Ago at={since} />,
            },
          ]}
        />
      )}
    </Section>
  );
}

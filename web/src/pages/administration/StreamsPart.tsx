// Streams of the network that are cameras here, and those that could be: looked for, added, forgotten.

import { useState } from "react";

import type { DiscoveredEntry, StreamEntry } from "../../api/types";
import { t } from "../../i18n";
import { visible } from "../../i18n/names";
import { saidOfCamera } from "../../i18n/said";
import { Button } from "../../parts/Button";
import { Confirm } from "../../parts/Confirm";
import { Empty } from "../../parts/Empty";
import { Section } from "../../parts/Page";
import { Pill } from "../../parts/Pill";
import { Table } from "../../parts/Table";
import { Ago } from "../../parts/Time";
import { Trouble } from "../../parts/Trouble";
import { Waiting } from "../../parts/Waiting";
import { Words } from "../../parts/Words";
import { useAnswer } from "../../state/answers";
import { call } from "../../state/connection";
import { explain } from "../../state/explain";
import { complain, notify } from "../../state/notices";
import { useOffline } from "../../state/rights";
import { useApp } from "../../state/store";
import styles from "./AdministrationPage.module.css";
import { DiscoverySection } from "./DiscoverySection";
import { StreamDialog } from "./StreamDialog";

type Shown = { what: "add"; found?: DiscoveredEntry } | { what: "remove"; stream: StreamEntry };

export function StreamsPart() {
  const { value, failure, again } = useAnswer("get_external_streams", {}, { on: ["camera_status_update"] });
  const cameras = useApp((state) => state.cameras);
  const offline = useOffline();
  const [shown, show] = useState<Shown | null>(null);
  const close = () => show(null);

  const remove = async ({ url, name }: StreamEntry) => {
    try {
      await call("remove_external_stream", { stream_url: url });
      notify({ kind: "good", text: t("administration.streams.removed", { name }) });
      again();
    } catch (why) {
      complain(t("administration.streams.failed", { name }), why);
    }
  };

  return (
    <>
      <Section
        title={t("administration.streams")}
        actions={
          <Button kind="primary" icon="plus" unavailable={offline} onClick={() => show({ what: "add" })}>
            {t("administration.streams.add")}
          </Button>
        }
      >
        <p className={styles.intro}>{t("administration.streams.intro")}</p>
        {failure && <Trouble {...explain(failure)} />}
        {!value && !failure && <Waiting label={t("loading")} />}
        {value?.external_streams.length === 0 && (
          <Empty icon="link" title={t("administration.streams.none")} />
        )}
        {value && value.external_streams.length > 0 && (
          <Table
            caption={t("administration.streams")}
            rows={value.external_streams}
            rowKey={({ device }) => device}
            columns={[
              {
                key: "name",
                title: t("administration.streams.name"),
                cell: ({ name, device }) => (
                  <a href={`#/camera/${device}`} className={styles.name}>
                    {cameras[device]?.name ?? visible(name)}
                  </a>
                ),
              },
              {
                key: "url",
                title: t("administration.streams.url"),
                cell: ({ url }) => <span className={styles.code}>{visible(url)}</span>,
              },
              {
                key: "state",
                title: t("administration.state"),
                cell: ({ device, status }) => {
                  const error = cameras[device]?.error;
                  const said = error === undefined ? null : saidOfCamera(error);
                  return status === "ERROR" ? (
                    <span title={said?.text}>
                      <Pill tone="bad">{t("administration.streams.is.error")}</Pill>
                      {said && (
                        <span className={styles.sub}>
                          <Words said={said} />
                        </span>
                      )}
                    </span>
                  ) : (
                    <Pill tone="good">{t("administration.streams.is.here")}</Pill>
                  );
                },
              },
              {
                key: "added",
                title: t("administration.streams.added.at"),
                cell: ({ added_at: at }) => <Ago at={at} />,
              },
              {
                key: "remove",
                title: t("administration.actions"),
                end: true,
                cell: (stream) => (
                  <Button
                    small
                    kind="danger"
                    unavailable={offline}
                    aria-label={t("administration.streams.remove.of", { name: stream.name })}
                    onClick={() => show({ what: "remove", stream })}
                  >
                    {t("administration.streams.remove")}
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Section>
      <DiscoverySection
        added={value?.external_streams ?? []}
        onAdd={(found) => show({ what: "add", found })}
      />
      {shown?.what === "add" && (
        <StreamDialog
          {...(shown.found ? { found: shown.found } : {})}
          onClose={close}
          onDone={({ stream_name: name }) => {
            close();
            notify({ kind: "good", text: t("administration.streams.added", { name }) });
            again();
          }}
        />
      )}
      {shown?.what === "remove" && (
        <Confirm
          title={t("administration.streams.remove.ask", { name: shown.stream.name })}
          yes={t("administration.streams.remove")}
          onYes={() => void remove(shown.stream)}
          onClose={close}
        >
          <p>{t("administration.streams.remove.what")}</p>
        </Confirm>
      )}
    </>
  );
}

// Looking for streams in the networks that the configuration names, now and every so often.

import { useState } from "react";

import type { Discovered, DiscoveredEntry, StreamEntry } from "../../api/types";
import { ErrorCode } from "../../api/types";
import { t, tn } from "../../i18n";
import { asSaid } from "../../i18n/said";
import { span } from "../../i18n/format";
import { visible } from "../../i18n/names";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { SelectField } from "../../parts/Field";
import { Section } from "../../parts/Page";
import { Pill } from "../../parts/Pill";
import { Table } from "../../parts/Table";
import { Trouble } from "../../parts/Trouble";
import { call } from "../../state/connection";
import { explain } from "../../state/explain";
import { complain, failureOf, notify } from "../../state/notices";
import { useMay, useOffline } from "../../state/rights";
import styles from "./AdministrationPage.module.css";
import { withoutLogin } from "./stream-url";

const INTERVALS_S = [0, 300, 900, 3600, 86_400];

interface Props {
  /** Those that are cameras already. */
  added: readonly StreamEntry[];
  onAdd: (found: DiscoveredEntry) => void;
}

export function DiscoverySection({ added, onAdd }: Props) {
  const [found, setFound] = useState<Discovered | null>(null);
  const [failed, setFailed] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [interval, setIntervalS] = useState("");
  const mayInterval = useMay("set_discovery_interval");
  const offline = useOffline();
  const known = new Set(added.map(({ url }) => withoutLogin(url)));

  const look = async () => {
    setBusy(true);
    setFailed(null);
    try {
      setFound(await call("discover_external_streams", { force_rescan: true, include_offline: true }));
    } catch (why) {
      setFailed(why);
    }
    setBusy(false);
  };
  const lookEvery = async (seconds: string) => {
    const before = interval;
    setIntervalS(seconds);
    try {
      await call("set_discovery_interval", { scan_interval: Number(seconds) });
      notify({ kind: "good", text: t("administration.discovery.interval.set") });
    } catch (why) {
      setIntervalS(before);
      complain(t("administration.discovery.interval.failed"), why);
    }
  };

  const failure = failed ? failureOf(failed) : null;
  const off = failure?.code === ErrorCode.Unsupported;
  return (
    <Section
      title={t("administration.discovery")}
      actions={
        <Button icon="search" busy={busy} unavailable={offline} onClick={() => void look()}>
          {t(busy ? "administration.discovery.looking" : "administration.discovery.look")}
        </Button>
      }
    >
      <p className={styles.intro}>{t("administration.discovery.intro")}</p>
      <div role="status">{found && !failure && tn("administration.discovery.found", found.total_found)}</div>
      {failure &&
        (off ? (
          <Trouble
            text={t("administration.discovery.off")}
            suggestion={t("administration.discovery.off.do")}
          />
        ) : (
          <Trouble {...explain(failure)} />
        ))}
      {found?.errors.map((error) => (
        <Trouble key={error} text={asSaid(error)} />
      ))}
      {found?.discovered_streams.length === 0 && (
        <Empty icon="search" title={t("administration.discovery.none")} />
      )}
      {found && found.discovered_streams.length > 0 && (
        <Table
          caption={t("administration.discovery")}
          rows={found.discovered_streams}
          rowKey={({ url }) => url}
          columns={[
            {
              key: "name",
              title: t("administration.streams.name"),
              cell: ({ name, url }) => (
                <span>
                  <span className={styles.name}>{visible(name)}</span>
                  <span className={styles.sub}>{visible(url)}</span>
                </span>
              ),
            },
            {
              key: "what",
              title: t("administration.discovery.what"),
              cell: ({ capabilities: { codecs, onvif, auth_required: login } }) =>
                [...codecs, onvif && "ONVIF", login && t("administration.discovery.login")]
                  .filter(Boolean)
                  .join(" · ") || "–",
            },
            {
              key: "state",
              title: t("administration.state"),
              cell: ({ status }) =>
                status === "ERROR" ? (
                  <Pill tone="warn">{t("administration.discovery.is.away")}</Pill>
                ) : (
                  <Pill tone="good">{t("administration.discovery.is.here")}</Pill>
                ),
            },
            {
              key: "add",
              title: t("administration.actions"),
              end: true,
              cell: (entry) =>
                known.has(entry.url) ? (
                  t("administration.discovery.known")
                ) : (
                  <Button
                    small
                    icon="plus"
                    aria-label={t(
                      entry.capabilities.auth_required
                        ? "administration.discovery.add.login.of"
                        : "administration.discovery.add.of",
                      { name: entry.name },
                    )}
                    onClick={() => onAdd(entry)}
                  >
                    {t(
                      entry.capabilities.auth_required
                        ? "administration.discovery.add.login"
                        : "administration.discovery.add",
                    )}
                  </Button>
                ),
            },
          ]}
        />
      )}
      {mayInterval && (
        <div className={styles.row}>
          <SelectField
            label={t("administration.discovery.interval")}
            hint={t("administration.discovery.interval.hint")}
            value={interval}
            options={[
              { value: "", label: t("administration.discovery.interval.as") },
              ...INTERVALS_S.map((seconds) => ({
                value: String(seconds),
                label: seconds
                  ? t("administration.discovery.interval.every", { time: span(seconds) })
                  : t("administration.discovery.interval.never"),
              })),
            ]}
            onChange={(seconds) => {
              if (seconds) void lookEvery(seconds);
            }}
          />
        </div>
      )}
    </Section>
  );
}

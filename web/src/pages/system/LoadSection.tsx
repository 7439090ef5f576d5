// The load over the time that this page has looked, and what each camera has to do.

import { useEffect, useSyncExternalStore } from "react";

import { t } from "../../i18n";
import { bitRate, number, percent, size } from "../../i18n/format";
import { StatusPill } from "../../parts/camera/StatusPill";
import { useNow } from "../../parts/now";
import { Section } from "../../parts/Page";
import { Plot } from "../../parts/Plot";
import { Table } from "../../parts/Table";
import { Trouble } from "../../parts/Trouble";
import { useAnswer } from "../../state/answers";
import { explain } from "../../state/explain";
import { useApp } from "../../state/store";
import { History, LOOK_MS, pointsOf, SPAN_MS, type Figures } from "./history";
import styles from "./SystemPage.module.css";

/** It outlives the page, so that who comes back finds what was seen before. */
const history = new History();
const share = (value: number) => percent(value / 100);

const PLOTS: readonly { name: keyof Figures; most: number; format: (value: number) => string }[] = [
  { name: "cpu", most: 100, format: share },
  { name: "memory", most: 100, format: share },
  { name: "sent", most: 1e6, format: bitRate },
  { name: "viewers", most: 4, format: number },
];

export function LoadSection() {
  const { value: metrics, at, failure } = useAnswer("get_metrics", {}, { everyMs: LOOK_MS });
  const cameras = useApp((state) => state.cameras);
  const now = useNow(LOOK_MS);
  const looks = useSyncExternalStore(history.subscribe, history.all);
  useEffect(() => {
    if (metrics && at) history.add(metrics, at);
  }, [metrics, at]);
  const rows = Object.entries(metrics?.camera_metrics.cameras ?? {});
  return (
    <Section title={t("system.load")}>
      {failure && <Trouble {...explain(failure)} />}
      <div className={styles.plots}>
        {PLOTS.map(({ name, most, format }) => (
          <Plot
            key={name}
            title={t(`system.load.${name}`)}
            points={pointsOf(looks, name)}
            spanMs={SPAN_MS}
            now={Math.max(now, at ?? 0)}
            most={most}
            format={format}
          />
        ))}
      </div>
      {looks.length < 2 && <p className={styles.begins}>{t("system.load.begins")}</p>}
      {rows.length > 0 && (
        <Table
          caption={t("system.load.cameras")}
          rows={rows}
          rowKey={([device]) => device}
          columns={[
            {
              key: "name",
              title: t("system.load.camera"),
              cell: ([device]) => cameras[device]?.name ?? device,
            },
            {
              key: "status",
              title: t("system.load.status"),
              cell: ([, { status }]) => <StatusPill status={status} />,
            },
            {
              key: "readers",
              title: t("system.load.readers"),
              end: true,
              cell: ([, each]) => number(each.readers),
            },
            {
              key: "fps",
              title: t("system.load.fps"),
              end: true,
              cell: ([, { fps }]) => (fps ? number(fps, 1) : "–"),
            },
            {
              key: "bytes",
              title: t("system.load.bytes"),
              end: true,
              cell: ([, each]) => size(each.bytes_sent),
            },
          ]}
        />
      )}
    </Section>
  );
}

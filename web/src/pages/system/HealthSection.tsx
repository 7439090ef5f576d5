// Whether all is well; else what is wrong and what to do about it.

import { useState } from "react";

import { t } from "../../i18n";
import { span } from "../../i18n/format";
import { Button } from "../../parts/Button";
import { classes } from "../../parts/classes";
import { Confirm } from "../../parts/Confirm";
import { Icon } from "../../parts/Icon";
import { Section } from "../../parts/Page";
import { Words } from "../../parts/Words";
import { useAnswer } from "../../state/answers";
import { call } from "../../state/connection";
import { complain, notify } from "../../state/notices";
import { useMay } from "../../state/rights";
import { useApp } from "../../state/store";
import { findings } from "./findings";
import styles from "./SystemPage.module.css";

export function HealthSection() {
  const mayStatus = useMay("get_status");
  const mayStorage = useMay("get_storage_info");
  const system = useApp((state) => state.system);
  const cameras = useApp((state) => state.cameras);
  const { value: status } = useAnswer(
    "get_status",
    {},
    { on: ["system.health"], everyMs: 60_000, when: mayStatus },
  );
  const { value: storage, again } = useAnswer(
    "get_storage_info",
    {},
    { on: ["storage_status_update"], everyMs: 60_000, when: mayStorage },
  );
  const found = findings({ status, storage, cameras: Object.values(cameras) });
  const [asking, ask] = useState(false);
  const accept = async () => {
    try {
      await call("accept_volume");
      notify({ kind: "good", text: t("system.disk.accepted") });
      again();
    } catch (why) {
      complain(t("system.disk.failed"), why);
    }
  };
  const ready = system?.status === "ready";
  return (
    <Section title={t("system.health")}>
      <div role="status">
        {found.length ? (
          <ul className={styles.findings}>
            {found.map(({ key, tone, what, todo, act }) => (
              <li key={key} className={classes(styles.finding, tone === "bad" && styles.bad)}>
                <Icon name="alert" />
                <div>
                  <strong>{what}</strong>
                  <p>
                    <Words said={todo} />
                  </p>
                  {act && (
                    <Button small onClick={() => ask(true)}>
                      {t("system.disk.accept")}
                    </Button>
                  )}
                </div>
              </li>
            ))}
          </ul>
        ) : ready ? (
          <p className={styles.well}>
            <Icon name="check" />
            {t("system.well")}
          </p>
        ) : (
          <p>{system ? t("system.starting") : t("loading")}</p>
        )}
      </div>
      {status && <p className={styles.since}>{t("system.uptime", { time: span(status.uptime) })}</p>}
      {asking && (
        <Confirm
          title={t("system.disk.accept.ask")}
          yes={t("system.disk.accept")}
          onYes={() => void accept()}
          onClose={() => ask(false)}
        >
          <p>{t("system.disk.accept.what")}</p>
        </Confirm>
      )}
    </Section>
  );
}

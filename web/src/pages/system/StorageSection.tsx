// What the disk of the recordings is used for, and how long it will last at the rate of the last days.

import { t, tn } from "../../i18n";
import { number, percent, size } from "../../i18n/format";
import { Section } from "../../parts/Page";
import { Trouble } from "../../parts/Trouble";
import { Waiting } from "../../parts/Waiting";
import { useAnswer } from "../../state/answers";
import { explain } from "../../state/explain";
import { bytesPerDay, daysLeft, RATE_DAYS, shares } from "./storage";
import styles from "./SystemPage.module.css";

const WIDTH = 1000;

export function StorageSection() {
  const on = ["recording.stop", "snapshot.taken", "library.cleanup", "storage_status_update"] as const;
  const { value: info, failure } = useAnswer("get_storage_info", {}, { on, everyMs: 60_000 });
  const { value: newest, at } = useAnswer("list_recordings", { limit: 1000 }, { on });
  const { value: policy } = useAnswer("get_retention_policy", {});
  if (!info) {
    return (
      <Section title={t("system.storage")}>
        {failure ? <Trouble {...explain(failure)} /> : <Waiting label={t("loading")} />}
      </Section>
    );
  }
  const all = shares(info);
  // As df has it, what is reserved for root is neither used nor free.
  const scale = WIDTH / Math.max(1, info.used_space + info.available_space);
  const perDay = newest ? bytesPerDay(newest.files, newest.total, at ?? 0) : null;
  const left = daysLeft(info, perDay);
  return (
    <Section title={t("system.storage")}>
      <svg
        className={styles.disk}
        viewBox={`0 0 ${WIDTH} 10`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t("system.storage.used", { used: percent(info.usage_percentage / 100) })}
      >
        {all.map(({ name, begin, bytes }) => (
          <rect
            key={name}
            className={styles[name]}
            x={begin * scale}
            y={0}
            width={Math.max(2, bytes * scale)}
            height={10}
          />
        ))}
      </svg>
      <ul className={styles.legend}>
        {all.map(({ name, bytes }) => (
          <li key={name}>
            <i className={styles[name]} aria-hidden="true" />
            {t(`system.storage.${name}`)}
            <span>{size(bytes)}</span>
          </li>
        ))}
      </ul>
      <p className={styles.left}>
        {perDay === null
          ? t("system.storage.quiet", { days: RATE_DAYS })
          : left === null
            ? t("system.storage.long", { rate: size(perDay) })
            : left < 1
              ? t("system.storage.today", { rate: size(perDay) })
              : `${tn("system.storage.left", Math.floor(left), number(Math.floor(left)))} ${t("system.storage.rate", { rate: size(perDay) })}`}
      </p>
      <p className={styles.since}>
        {t("system.storage.reserve", { needed: size(info.required_space) })}{" "}
        {policy &&
          t(
            policy.enabled && policy.policy_type !== "manual"
              ? "system.storage.cleans"
              : "system.storage.keeps",
          )}
      </p>
    </Section>
  );
}

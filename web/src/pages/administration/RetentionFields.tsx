// The fields of the retention policy.

import { t } from "../../i18n";
import { Choice, Switch, TextField } from "../../parts/Field";
import { useApp } from "../../state/store";
import styles from "./AdministrationPage.module.css";
import { TYPES, uses, withCamera, type PolicyForm, type Wrong } from "./retention";

interface Props {
  form: PolicyForm;
  onChange: (form: PolicyForm) => void;
  /** null: nobody has tried to save it yet. */
  wrong: Wrong | null;
}

export function RetentionFields({ form, onChange, wrong }: Props) {
  const cameras = useApp((state) => state.cameras);
  const used = uses(form);
  const number = t("administration.retention.number");
  const numeric = { inputMode: "decimal", autoComplete: "off" } as const;
  return (
    <>
      <Switch
        label={t("administration.retention.enabled")}
        hint={t("administration.retention.enabled.hint")}
        checked={form.enabled}
        onChange={(enabled) => onChange({ ...form, enabled })}
      />
      <Choice
        label={t("administration.retention.type")}
        value={form.type}
        options={TYPES.map((value) => ({ value, label: t(`administration.retention.type.${value}`) }))}
        onChange={(type) => onChange({ ...form, type })}
      />
      <div className={styles.fields}>
        {used.days && (
          <TextField
            {...numeric}
            label={t("administration.retention.days")}
            hint={t("administration.retention.days.hint")}
            wrong={wrong?.days ? number : null}
            value={form.days}
            onChange={(event) => onChange({ ...form, days: event.target.value })}
          />
        )}
        {used.gigabytes && (
          <TextField
            {...numeric}
            label={t("administration.retention.size")}
            hint={t("administration.retention.size.hint")}
            wrong={wrong?.gigabytes ? number : null}
            value={form.gigabytes}
            onChange={(event) => onChange({ ...form, gigabytes: event.target.value })}
          />
        )}
        <TextField
          {...numeric}
          label={t("administration.retention.free")}
          hint={t("administration.retention.free.hint")}
          wrong={wrong?.free ? number : null}
          value={form.free}
          onChange={(event) => onChange({ ...form, free: event.target.value })}
        />
      </div>
      <details>
        <summary>{t("administration.retention.cameras")}</summary>
        <p className={styles.intro}>{t("administration.retention.cameras.hint")}</p>
        <div className={styles.limits}>
          {Object.values(cameras).map(({ device, name }) => (
            <div key={device} className={styles.fields}>
              <TextField
                {...numeric}
                label={t("administration.retention.days.of", { name })}
                wrong={wrong?.cameras.includes(device) ? number : null}
                value={form.cameras[device]?.days ?? ""}
                onChange={(event) => onChange(withCamera(form, device, { days: event.target.value }))}
              />
              <TextField
                {...numeric}
                label={t("administration.retention.size.of", { name })}
                value={form.cameras[device]?.gigabytes ?? ""}
                onChange={(event) => onChange(withCamera(form, device, { gigabytes: event.target.value }))}
              />
            </div>
          ))}
        </div>
      </details>
    </>
  );
}

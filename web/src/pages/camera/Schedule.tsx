// When a camera is recorded by itself: never, in windows of the week, or always, with a ring of the last hours or bytes.

import { useState, type SyntheticEvent } from "react";

import type { ScheduleView, Window } from "../../api/types";
import { t } from "../../i18n";
import { currentLocale } from "../../i18n";
import { when } from "../../i18n/format";
import { Button, IconButton } from "../../parts/Button";
import { Choice, TextField } from "../../parts/Field";
import { Section } from "../../parts/Page";
import { Trouble } from "../../parts/Trouble";
import { useAnswer } from "../../state/answers";
import { call } from "../../state/connection";
import { explained } from "../../state/explain";
import { notify } from "../../state/notices";
import { useMay, useOffline } from "../../state/rights";
import { useTask } from "../../state/task";
import styles from "./Schedule.module.css";
import { faultOf, formOf, paramsOf, type ScheduleForm } from "./schedule-form";
import { dayName, DAYS, EMPTY, goesOverMidnight, withDay } from "./week";

function WindowFields({
  window,
  onChange,
  onRemove,
}: {
  window: Window;
  onChange: (window: Window) => void;
  onRemove: () => void;
}) {
  const locale = currentLocale();
  return (
    <fieldset className={styles.window}>
      <legend className="only-heard">{t("camera.schedule.window")}</legend>
      <div className={styles.days}>
        {DAYS.map((day) => (
          <label key={day}>
            <input
              type="checkbox"
              checked={window.days.includes(day)}
              onChange={(event) => onChange(withDay(window, day, event.target.checked))}
            />
            <span>{dayName(day, locale)}</span>
          </label>
        ))}
      </div>
      <TextField
        label={t("camera.schedule.from")}
        type="time"
        value={window.from}
        onChange={(event) => onChange({ ...window, from: event.target.value })}
      />
      <TextField
        label={t("camera.schedule.to")}
        type="time"
        value={window.to}
        onChange={(event) => onChange({ ...window, to: event.target.value })}
      />
      <IconButton icon="trash" label={t("camera.schedule.remove")} onClick={onRemove} />
      {goesOverMidnight(window) && <p className={styles.note}>{t("camera.schedule.midnight")}</p>}
    </fieldset>
  );
}

function State({ schedule }: { schedule: ScheduleView }) {
  const next = schedule.next_change;
  return (
    <p className={styles.note} role="status">
      {schedule.held && `${t("camera.schedule.held")} `}
      {next !== undefined && t("camera.schedule.next", { time: when(next) })} {schedule.time_zone}
    </p>
  );
}

function Form({
  device,
  schedule,
  onDone,
}: {
  device: string;
  schedule: ScheduleView | undefined;
  onDone: () => void;
}) {
  const [form, setForm] = useState(() => formOf(schedule));
  const { busy, trouble, run } = useTask();
  const offline = useOffline();
  const { mode, windows } = form;
  const fault = faultOf(form);
  const set = (change: Partial<ScheduleForm>) => setForm({ ...form, ...change });

  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    run(
      () => call("set_recording_schedule", paramsOf(device, form)),
      () => {
        notify({ kind: "good", text: t("camera.schedule.done") });
        onDone();
      },
    );
  };

  return (
    <form className={styles.form} onSubmit={submit}>
      {trouble && <Trouble {...trouble} />}
      <Choice
        label={t("camera.schedule.mode")}
        value={mode}
        options={[
          { value: "off", label: t("camera.schedule.off") },
          { value: "schedule", label: t("camera.schedule.week") },
          { value: "continuous", label: t("camera.schedule.always") },
        ]}
        onChange={(chosen) => set({ mode: chosen })}
      />
      {mode === "schedule" && (
        <>
          {windows.map((window, at) => (
            <WindowFields
              key={at}
              window={window}
              onChange={(changed) =>
                set({ windows: windows.map((each, other) => (other === at ? changed : each)) })
              }
              onRemove={() => set({ windows: windows.filter((_, other) => other !== at) })}
            />
          ))}
          <Button
            small
            icon="plus"
            className={styles.more}
            onClick={() => set({ windows: [...windows, EMPTY] })}
          >
            {t("camera.schedule.add")}
          </Button>
        </>
      )}
      {mode === "continuous" && (
        <>
          <div className={styles.ring}>
            <TextField
              label={t("camera.schedule.hours")}
              inputMode="decimal"
              value={form.hours}
              wrong={fault === "hours" ? t("camera.schedule.wrong.hours") : null}
              onChange={(event) => set({ hours: event.target.value })}
            />
            <TextField
              label={t("camera.schedule.bytes")}
              inputMode="decimal"
              value={form.gigabytes}
              wrong={fault === "bytes" ? t("camera.schedule.wrong.bytes") : null}
              onChange={(event) => set({ gigabytes: event.target.value })}
            />
          </div>
          <p className={styles.note}>{t("camera.schedule.ring")}</p>
        </>
      )}
      <div className={styles.before}>
        <TextField
          label={t("camera.schedule.before")}
          hint={t("camera.schedule.before.hint")}
          inputMode="numeric"
          value={form.before}
          wrong={fault === "before" ? t("camera.schedule.wrong.before") : null}
          onChange={(event) => set({ before: event.target.value })}
        />
      </div>
      <Button
        type="submit"
        kind="primary"
        busy={busy}
        unavailable={offline ?? (fault ? t(`camera.schedule.wrong.${fault}`) : null)}
      >
        {t("save")}
      </Button>
    </form>
  );
}

export function Schedule({ device }: { device: string }) {
  const maySet = useMay("set_recording_schedule");
  const { value, failure, again } = useAnswer(
    "get_recording_schedules",
    { device },
    { on: ["recording_status_update"] },
  );
  const schedule = value?.schedules[0];
  if (!maySet && !schedule) return null;
  return (
    <Section title={t("camera.schedule")}>
      {failure && !value && <Trouble {...explained(failure)} />}
      {schedule && schedule.mode !== "off" && <State schedule={schedule} />}
      {value && maySet && (
        <Form key={JSON.stringify(formOf(schedule))} device={device} schedule={schedule} onDone={again} />
      )}
    </Section>
  );
}

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
import { explained, type Explained } from "../../state/explain";
import { notify } from "../../state/notices";
import { useMay, useOffline } from "../../state/rights";
import styles from "./Schedule.module.css";
import { dayName, DAYS, EMPTY, goesOverMidnight, withDay, wrongWith } from "./week";

type Mode = "off" | "schedule" | "continuous";

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

function numberOf(text: string): number | undefined {
  const value = Number(text);
  return text.trim() && Number.isFinite(value) ? value : undefined;
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
  const [mode, setMode] = useState<Mode>((schedule?.mode as Mode | undefined) ?? "off");
  const [windows, setWindows] = useState<readonly Window[]>(
    schedule?.schedule.length ? schedule.schedule : [EMPTY],
  );
  const [hours, setHours] = useState(String(schedule?.keep_hours ?? (schedule ? "" : 24)));
  const [bytes, setBytes] = useState(String(schedule?.keep_gb ?? ""));
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<Explained | null>(null);
  const offline = useOffline();
  const fault = mode === "schedule" ? wrongWith(windows) : null;

  const submit = async (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const keep = {
      ...(numberOf(hours) === undefined ? {} : { keep_hours: numberOf(hours) }),
      ...(numberOf(bytes) === undefined ? {} : { keep_gb: numberOf(bytes) }),
    } as { keep_hours?: number; keep_gb?: number };
    setBusy(true);
    setWrong(null);
    try {
      await call("set_recording_schedule", {
        device,
        mode,
        ...(mode === "schedule" ? { schedule: [...windows] } : {}),
        ...(mode === "continuous" ? keep : {}),
      });
      notify({ kind: "good", text: t("camera.schedule.done") });
      onDone();
    } catch (why) {
      setWrong(explained(why));
    }
    setBusy(false);
  };

  return (
    <form className={styles.form} onSubmit={(event) => void submit(event)}>
      {wrong && <Trouble {...wrong} />}
      <Choice
        label={t("camera.schedule.mode")}
        value={mode}
        options={[
          { value: "off", label: t("camera.schedule.off") },
          { value: "schedule", label: t("camera.schedule.week") },
          { value: "continuous", label: t("camera.schedule.always") },
        ]}
        onChange={setMode}
      />
      {mode === "schedule" && (
        <>
          {windows.map((window, at) => (
            <WindowFields
              key={at}
              window={window}
              onChange={(changed) =>
                setWindows(windows.map((each, other) => (other === at ? changed : each)))
              }
              onRemove={() => setWindows(windows.filter((_, other) => other !== at))}
            />
          ))}
          <Button small icon="plus" className={styles.more} onClick={() => setWindows([...windows, EMPTY])}>
            {t("camera.schedule.add")}
          </Button>
        </>
      )}
      {mode === "continuous" && (
        <div className={styles.ring}>
          <TextField
            label={t("camera.schedule.hours")}
            hint={t("camera.schedule.ring")}
            inputMode="decimal"
            value={hours}
            onChange={(event) => setHours(event.target.value)}
          />
          <TextField
            label={t("camera.schedule.bytes")}
            inputMode="decimal"
            value={bytes}
            onChange={(event) => setBytes(event.target.value)}
          />
        </div>
      )}
      <Button
        type="submit"
        kind="primary"
        busy={busy}
        unavailable={offline ?? (fault ? t(`camera.schedule.wrong.${fault}`) : null)}
      >
        {t("camera.schedule.save")}
      </Button>
    </form>
  );
}

export function Schedule({ device }: { device: string }) {
  const maySet = useMay("set_recording_schedule");
  const { value, failure, at, again } = useAnswer(
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
        <Form
          key={
            at === undefined ? "" : JSON.stringify([schedule?.mode, schedule?.schedule, schedule?.keep_hours])
          }
          device={device}
          schedule={schedule}
          onDone={again}
        />
      )}
    </Section>
  );
}

// Name, mode and always on: for an admin.

import { useState, type SyntheticEvent } from "react";

import type { CameraView } from "../../api/types";
import { t } from "../../i18n";
import { number } from "../../i18n/format";
import { Button } from "../../parts/Button";
import { SelectField, TextField } from "../../parts/Field";
import { Section } from "../../parts/Page";
import { Trouble } from "../../parts/Trouble";
import { configureCamera } from "../../state/actions";
import { useAnswer } from "../../state/answers";
import { notify } from "../../state/notices";
import { useOffline } from "../../state/rights";
import { useTask } from "../../state/task";
import { changed, DEFAULT, formOf, modeOptions, type SettingsForm } from "./camera-settings";
import styles from "./Settings.module.css";

/** "As the configuration says", with what that is where it holds now. */
const byDefault = (now: string | null) => ({
  value: DEFAULT,
  label: now === null ? t("camera.settings.default") : t("camera.settings.default.is", { now }),
});

function Form({ camera }: { camera: CameraView }) {
  const { device, config, resolution, fps } = camera;
  const { value: can } = useAnswer("get_camera_capabilities", { device }, { on: ["camera_status_update"] });
  const offline = useOffline();
  const [form, setForm] = useState(() => formOf(camera));
  const { busy, trouble, run } = useTask();
  const set = (change: Partial<SettingsForm>) => setForm({ ...form, ...change });
  const onOff = (on: boolean) => t(on ? "camera.settings.on" : "camera.settings.off");

  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    run(
      () => configureCamera(device, changed(camera, form)),
      () => {
        set({ name: null });
        notify({ kind: "good", text: t("camera.settings.done") });
      },
    );
  };
  const inUse =
    resolution &&
    fps &&
    t("camera.details.mode.is", { size: resolution.replace("x", " × "), fps: number(fps, 0) });
  return (
    <form className={styles.form} onSubmit={submit}>
      {trouble && <Trouble {...trouble} />}
      <TextField
        label={t("camera.settings.name")}
        hint={t("camera.settings.name.hint")}
        value={form.name ?? camera.name}
        onChange={(event) => set({ name: event.target.value })}
        maxLength={60}
        autoComplete="off"
      />
      <SelectField
        label={t("camera.settings.mode")}
        value={form.mode}
        options={[
          byDefault(config.mode === undefined && inUse ? inUse : null),
          ...modeOptions(can?.modes ?? [], form.mode),
        ]}
        onChange={(mode) => set({ mode })}
      />
      <SelectField
        label={t("camera.settings.always")}
        hint={t("camera.settings.always.hint")}
        value={form.always}
        options={[
          byDefault(config.always_on === undefined ? onOff(camera.always_on) : null),
          { value: "on", label: onOff(true) },
          { value: "off", label: onOff(false) },
        ]}
        onChange={(always) => set({ always: always as SettingsForm["always"] })}
      />
      {camera.microphone !== undefined && (
        <SelectField
          label={t("camera.settings.microphone")}
          hint={t("camera.settings.microphone.hint")}
          value={form.microphone}
          options={[
            byDefault(config.microphone === undefined ? onOff(camera.microphone) : null),
            { value: "on", label: onOff(true) },
            { value: "off", label: onOff(false) },
          ]}
          onChange={(microphone) => set({ microphone: microphone as SettingsForm["microphone"] })}
        />
      )}
      <Button type="submit" kind="primary" busy={busy} unavailable={offline}>
        {t("save")}
      </Button>
    </form>
  );
}

export function Settings({ camera }: { camera: CameraView }) {
  return (
    <Section title={t("camera.settings")}>
      {/* A form anew where somebody else has set it, or it was saved. */}
      <Form key={JSON.stringify(formOf(camera))} camera={camera} />
    </Section>
  );
}

// Name, mode and always on: for an admin.

import { useState, type SyntheticEvent } from "react";

import type { CameraView } from "../../api/types";
import { t } from "../../i18n";
import { number } from "../../i18n/format";
import { Button } from "../../parts/Button";
import { SelectField, TextField } from "../../parts/Field";
import { Section } from "../../parts/Page";
import { Trouble } from "../../parts/Trouble";
import { configureCamera, type CameraConfig } from "../../state/actions";
import { useAnswer } from "../../state/answers";
import { explained, type Explained } from "../../state/explain";
import { notify } from "../../state/notices";
import { useOffline } from "../../state/rights";
import styles from "./Settings.module.css";

type Always = "keep" | "on" | "off" | "default";

export function Settings({ camera }: { camera: CameraView }) {
  const { device } = camera;
  const { value: can } = useAnswer("get_camera_capabilities", { device }, { on: ["camera_status_update"] });
  const offline = useOffline();
  const [busy, setBusy] = useState(false);
  const [mode, setMode] = useState("keep");
  const [always, setAlways] = useState<Always>("keep");
  const [wrong, setWrong] = useState<Explained | null>(null);

  const modes = (can?.modes ?? []).flatMap(({ format, width, height, fps }) =>
    (fps.length ? fps : [undefined]).map((rate) => ({
      value: `${format} ${width}x${height}${rate === undefined ? "" : ` ${rate}`}`,
      label: `${format} ${width} × ${height}${rate === undefined ? "" : ` · ${number(rate, rate % 1 ? 1 : 0)} fps`}`,
    })),
  );

  const submit = async (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const typed = new FormData(event.currentTarget).get("name");
    const name = typeof typed === "string" ? typed.trim() : "";
    const config: CameraConfig = {
      ...(name === camera.name ? {} : { name: name || null }),
      ...(mode === "keep" ? {} : { mode: mode === "default" ? null : mode }),
      ...(always === "keep" ? {} : { always_on: always === "default" ? null : always === "on" }),
    };
    setBusy(true);
    setWrong(null);
    try {
      await configureCamera(device, config);
      setMode("keep");
      setAlways("keep");
      notify({ kind: "good", text: t("camera.settings.done") });
    } catch (why) {
      setWrong(explained(why));
    }
    setBusy(false);
  };

  return (
    <Section title={t("camera.settings")}>
      <form className={styles.form} onSubmit={(event) => void submit(event)}>
        {wrong && <Trouble {...wrong} />}
        <TextField
          key={camera.name}
          label={t("camera.settings.name")}
          hint={t("camera.settings.name.hint")}
          name="name"
          defaultValue={camera.name}
          maxLength={60}
          autoComplete="off"
        />
        <SelectField
          label={t("camera.settings.mode")}
          value={mode}
          options={[
            { value: "keep", label: t("camera.settings.keep") },
            { value: "default", label: t("camera.settings.default") },
            ...modes,
          ]}
          onChange={setMode}
        />
        <SelectField
          label={t("camera.settings.always")}
          hint={t("camera.settings.always.hint")}
          value={always}
          options={(["keep", "on", "off", "default"] as const).map((value) => ({
            value,
            label: t(`camera.settings.${value}`),
          }))}
          onChange={(value) => setAlways(value as Always)}
        />
        <Button type="submit" kind="primary" busy={busy} unavailable={offline}>
          {t("save")}
        </Button>
      </form>
    </Section>
  );
}

// A new key: for what, what it may, of which cameras, for how long.

import { useState } from "react";

import type { KeyCreated, Role } from "../../api/types";
import { t } from "../../i18n";
import { span } from "../../i18n/format";
import { Choice, SelectField, Switch, TextField } from "../../parts/Field";
import { FormDialog } from "../../parts/FormDialog";
import { Trouble } from "../../parts/Trouble";
import { call } from "../../state/connection";
import { useApp } from "../../state/store";
import { useTask } from "../../state/task";
import styles from "./AdministrationPage.module.css";
import { roleOptions } from "./roles";

const DAY_S = 86_400;
const SPANS_S = [DAY_S, 7 * DAY_S, 30 * DAY_S, 90 * DAY_S, 365 * DAY_S];

interface Props {
  onClose: () => void;
  onDone: (key: KeyCreated) => void;
}

export function KeyDialog({ onClose, onDone }: Props) {
  const all = useApp((state) => state.cameras);
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [lastsS, setLasts] = useState(0);
  const [only, setOnly] = useState(false);
  const [cameras, setCameras] = useState<readonly string[]>([]);
  const [wrong, setWrong] = useState<string | null>(null);
  const { busy, trouble, run } = useTask();
  const create = () => {
    if (only && cameras.length === 0) {
      setWrong(t("administration.keys.cameras.needed"));
      return;
    }
    run(
      () =>
        call("create_api_key", {
          name: name.trim(),
          role,
          ...(lastsS ? { expires_in: lastsS } : {}),
          ...(only ? { cameras: [...cameras] } : {}),
        }),
      onDone,
    );
  };
  return (
    <FormDialog
      title={t("administration.keys.add")}
      send={t("administration.keys.create")}
      busy={busy}
      trouble={trouble}
      onSend={create}
      onClose={onClose}
    >
      <TextField
        label={t("administration.keys.name")}
        hint={t("administration.keys.name.hint")}
        value={name}
        onChange={(event) => setName(event.target.value)}
        autoComplete="off"
        maxLength={64}
        required
        autoFocus
      />
      <Choice label={t("administration.role")} value={role} options={roleOptions()} onChange={setRole} />
      <SelectField
        label={t("administration.keys.expiry")}
        value={String(lastsS)}
        options={[
          { value: "0", label: t("administration.never") },
          ...SPANS_S.map((seconds) => ({
            value: String(seconds),
            label: t("administration.keys.after", { time: span(seconds) }),
          })),
        ]}
        onChange={(seconds) => setLasts(Number(seconds))}
      />
      <Switch
        label={t("administration.keys.cameras.only")}
        hint={t("administration.keys.cameras.only.hint")}
        checked={only}
        onChange={setOnly}
      />
      {only && (
        <fieldset className={styles.checks}>
          <legend>{t("administration.keys.cameras")}</legend>
          {Object.values(all).map(({ device, name: camera }) => (
            <label key={device}>
              <input
                type="checkbox"
                checked={cameras.includes(device)}
                onChange={(event) => {
                  setWrong(null);
                  const rest = cameras.filter((each) => each !== device);
                  setCameras(event.target.checked ? [...rest, device] : rest);
                }}
              />
              {camera}
            </label>
          ))}
          {wrong && <Trouble text={wrong} />}
        </fieldset>
      )}
    </FormDialog>
  );
}

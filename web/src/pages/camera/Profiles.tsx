// Profiles of a camera's controls, as "day" and "night": one press sets all of one.

import { useState } from "react";

import { t } from "../../i18n";
import { visible } from "../../i18n/names";
import { Button } from "../../parts/Button";
import { Confirm } from "../../parts/Confirm";
import { TextField } from "../../parts/Field";
import { FormDialog } from "../../parts/FormDialog";
import { Menu } from "../../parts/Menu";
import { call } from "../../state/connection";
import { complain, notify } from "../../state/notices";
import { useMay, useOffline } from "../../state/rights";
import { useTask } from "../../state/task";
import styles from "./Controls.module.css";

interface ProfilesProps {
  device: string;
  profiles: readonly string[];
  onSet: (name: string) => void;
  onChanged: () => void;
}

function SaveDialog({
  device,
  onChanged,
  onClose,
}: Omit<ProfilesProps, "profiles" | "onSet"> & { onClose: () => void }) {
  const [name, setName] = useState("");
  const { busy, trouble, run } = useTask();
  return (
    <FormDialog
      title={t("camera.profiles.save")}
      send={t("save")}
      busy={busy}
      trouble={trouble}
      onClose={onClose}
      onSend={() =>
        run(
          () => call("save_profile", { device, profile: name.trim() }),
          () => {
            notify({ kind: "good", text: t("camera.profiles.saved", { name: name.trim() }) });
            onChanged();
            onClose();
          },
        )
      }
    >
      <TextField
        label={t("camera.profiles.name")}
        hint={t("camera.profiles.name.hint")}
        value={name}
        onChange={(event) => setName(event.target.value)}
        maxLength={60}
        required
        autoFocus
        autoComplete="off"
      />
    </FormDialog>
  );
}

export function Profiles({ device, profiles, onSet, onChanged }: ProfilesProps) {
  const maySet = useMay("set_camera_control");
  const maySave = useMay("save_profile");
  const mayDelete = useMay("delete_profile");
  const offline = useOffline();
  const [saving, setSaving] = useState(false);
  const [deleting, setDeleting] = useState<string | null>(null);
  const remove = async (name: string) => {
    try {
      await call("delete_profile", { device, profile: name });
    } catch (why) {
      complain(t("camera.profiles.delete.failed", { name }), why);
    }
    onChanged();
  };
  if (!maySet || (profiles.length === 0 && !maySave)) return null;
  return (
    <div className={styles.profiles} role="group" aria-label={t("camera.profiles")}>
      {profiles.map((name) => (
        <Button key={name} small unavailable={offline} onClick={() => onSet(name)}>
          {visible(name)}
        </Button>
      ))}
      {maySave && (
        <Button small kind="quiet" icon="plus" unavailable={offline} onClick={() => setSaving(true)}>
          {t("camera.profiles.save")}
        </Button>
      )}
      {mayDelete && profiles.length > 0 && (
        <Menu
          small
          kind="quiet"
          icon="trash"
          label={t("camera.profiles.delete")}
          unavailable={offline}
          items={profiles.map((name) => ({
            label: visible(name),
            danger: true,
            run: () => setDeleting(name),
          }))}
        />
      )}
      {saving && <SaveDialog device={device} onChanged={onChanged} onClose={() => setSaving(false)} />}
      {deleting !== null && (
        <Confirm
          title={t("camera.profiles.delete.ask", { name: deleting })}
          yes={t("camera.profiles.delete")}
          onYes={() => void remove(deleting)}
          onClose={() => setDeleting(null)}
        >
          <p>{t("camera.profiles.delete.what")}</p>
        </Confirm>
      )}
    </div>
  );
}

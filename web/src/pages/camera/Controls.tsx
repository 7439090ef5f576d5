// What can be set at a camera itself, as brightness and exposure; it follows what other programs set.

import type { ControlView } from "../../api/types";
import { t } from "../../i18n";
import { Button } from "../../parts/Button";
import { Section } from "../../parts/Page";
import { useMay, useOffline } from "../../state/rights";
import { Control } from "./Control";
import styles from "./Controls.module.css";
import { freedBy, grouped, isSet, lookOf } from "./controls";
import { Profiles } from "./Profiles";
import { useControls } from "./useControls";

function hintOf(control: ControlView, controls: readonly ControlView[]): string | undefined {
  if (control.inactive) {
    const by = control.freed_by && freedBy(control.freed_by, controls);
    return by
      ? t("camera.controls.inactive.by", { name: by.label, value: by.value })
      : t("camera.controls.inactive");
  }
  if (control.busy) return t("camera.controls.busy");
  return control.volatile ? t("camera.controls.volatile") : undefined;
}

export function Controls({ device }: { device: string }) {
  const may = useMay("set_camera_control");
  const offline = useOffline();
  const { controls, profiles, moved, set, setProfile, again } = useControls(device);
  const shown = controls.filter((control) => lookOf(control) !== null);
  if (shown.length === 0) return null; // this camera has none
  const settable = shown.filter((control) => !control.read_only && control.type !== "button");
  return (
    <Section title={t("camera.controls")}>
      <Profiles device={device} profiles={profiles} onSet={setProfile} onChanged={again} />
      {grouped(shown).map(([group, members]) => (
        <div key={group} className={styles.controls} role="group" aria-label={group}>
          {members.map((control) => (
            <Control
              key={control.name}
              control={control}
              moved={moved[control.name]}
              disabled={!may || offline !== null || Boolean(control.inactive) || Boolean(control.busy)}
              hint={hintOf(control, controls)}
              onSet={(value, at) => set({ [control.name]: value }, at)}
            />
          ))}
        </div>
      ))}
      {may && settable.some(isSet) && (
        <Button
          small
          kind="quiet"
          icon="refresh"
          unavailable={offline}
          onClick={() => set(Object.fromEntries(settable.map(({ name }) => [name, null])), "once")}
        >
          {t("camera.controls.reset.all")}
        </Button>
      )}
    </Section>
  );
}

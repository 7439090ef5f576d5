// Brightness and the like, where this installation can set them.

import { useState } from "react";

import { t } from "../../i18n";
import { number } from "../../i18n/format";
import { IconButton } from "../../parts/Button";
import { SelectField, Switch } from "../../parts/Field";
import { Section } from "../../parts/Page";
import { useAnswer } from "../../state/answers";
import { call } from "../../state/connection";
import { complain } from "../../state/notices";
import { useMay, useOffline } from "../../state/rights";
import { understood, type Control } from "./controls";
import styles from "./Controls.module.css";

interface OneProps {
  control: Control;
  disabled: boolean;
  onSet: (value: number) => void;
}

function One({ control, disabled, onSet }: OneProps) {
  const { label, value, initial } = control;
  const [moved, move] = useState<number | null>(null);
  const shown = moved ?? value;
  if (control.kind === "switch") {
    return (
      <Switch label={label} checked={value !== 0} disabled={disabled} onChange={(on) => onSet(on ? 1 : 0)} />
    );
  }
  if (control.kind === "menu") {
    return (
      <SelectField
        label={label}
        value={String(value)}
        disabled={disabled}
        options={control.items.map((item) => ({ value: String(item.value), label: item.label }))}
        onChange={(chosen) => onSet(Number(chosen))}
      />
    );
  }
  const done = () => {
    if (moved !== null && moved !== value) onSet(moved);
    move(null);
  };
  return (
    <div className={styles.number}>
      <label>
        <span className={styles.head}>
          <span>{label}</span>
          <output>{number(shown)}</output>
        </span>
        <input
          type="range"
          min={control.min}
          max={control.max}
          step={control.step}
          value={shown}
          disabled={disabled}
          onChange={(event) => move(Number(event.target.value))}
          onPointerUp={done}
          onKeyUp={done}
          onBlur={done}
        />
      </label>
      {initial !== undefined && initial !== value && !disabled && (
        <IconButton
          small
          icon="refresh"
          label={t("camera.controls.reset", { name: label })}
          onClick={() => onSet(initial)}
        />
      )}
    </div>
  );
}

export function Controls({ device }: { device: string }) {
  const may = useMay("set_camera_control");
  const offline = useOffline();
  const { value, again } = useAnswer("get_camera_controls", { device });
  const controls = understood((value?.controls ?? []) as unknown as Record<string, unknown>[]);
  if (controls.length === 0) return null; // this installation or camera has none
  const set = async (name: string, to: number) => {
    try {
      await call("set_camera_control", { device, name, value: to });
    } catch (why) {
      complain(t("camera.controls.failed", { name }), why);
    }
    again();
  };
  return (
    <Section title={t("camera.controls")}>
      <div className={styles.controls}>
        {controls.map((control) => (
          <One
            key={control.name}
            control={control}
            disabled={!may || control.off || offline !== null}
            onSet={(to) => void set(control.name, to)}
          />
        ))}
      </div>
    </Section>
  );
}

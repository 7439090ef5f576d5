// One control of a camera: a slider, a switch, a menu, a number, a text, or a button that does something.

import { useId, useState } from "react";

import type { ControlView } from "../../api/types";
import { t } from "../../i18n";
import { number } from "../../i18n/format";
import { Button, IconButton } from "../../parts/Button";
import { SelectField, Switch, TextField } from "../../parts/Field";
import styles from "./Controls.module.css";
import { isSet, keptOtherwise, lookOf, rangeOf, wordsOf, type Value } from "./controls";

export interface ControlProps {
  control: ControlView;
  /** What was moved here and is not answered yet. */
  moved: Value | undefined;
  disabled: boolean;
  /** Why it does nothing, or what else is to be said of it. */
  hint: string | undefined;
  onSet: (value: Value | null, at: "once" | "soon") => void;
}

function Slider({ control, moved, disabled, hint, onSet }: ControlProps) {
  const { label } = control;
  const value = Number(moved ?? control.value);
  const id = useId();
  return (
    <div className={styles.number}>
      <span className={styles.head}>
        <label htmlFor={id}>{label}</label>
        <span aria-hidden="true">{number(value)}</span>
      </span>
      <input
        id={id}
        type="range"
        aria-describedby={hint ? `${id}-hint` : undefined}
        {...rangeOf(control)}
        value={value}
        disabled={disabled}
        onChange={(event) => onSet(Number(event.target.value), "soon")}
      />
      {hint && (
        <span id={`${id}-hint`} className={styles.hint}>
          {hint}
        </span>
      )}
    </div>
  );
}

/** A number without a slider, or a text: set when it is left, or by Enter. */
function Written({ control, disabled, hint, onSet }: ControlProps) {
  const { label, type, min, max } = control;
  const value = String(control.value);
  const [written, write] = useState<string | null>(null);
  const isText = type === "string";
  const wrong = !isText && written !== null && !/^-?\d+$/.test(written) ? t("camera.controls.number") : null;
  const done = () => {
    if (written !== null && written !== value && !wrong) onSet(isText ? written : written.trim(), "once");
    if (!wrong) write(null);
  };
  return (
    <TextField
      label={label}
      hint={hint ?? t("camera.controls.range", { min: String(min), max: String(max) })}
      wrong={wrong}
      value={written ?? value}
      disabled={disabled}
      inputMode={isText ? "text" : "numeric"}
      autoComplete="off"
      onChange={(event) => write(event.target.value)}
      onBlur={done}
      onKeyDown={(event) => {
        if (event.key === "Enter") done();
      }}
    />
  );
}

function Field(props: ControlProps) {
  const { control, moved, disabled, hint, onSet } = props;
  const { label, menu = [] } = control;
  const value = moved ?? control.value ?? "";
  switch (lookOf(control)) {
    case "switch":
      return (
        <Switch
          label={label}
          hint={hint}
          checked={value === true}
          disabled={disabled}
          onChange={(on) => onSet(on, "once")}
        />
      );
    case "menu":
      return (
        <SelectField
          label={label}
          hint={hint}
          value={String(value)}
          disabled={disabled}
          options={menu.map((item) => ({ value: String(item.value), label: item.label }))}
          onChange={(chosen) => onSet(Number(chosen), "once")}
        />
      );
    case "slider":
      return <Slider {...props} />;
    case "number":
    case "text":
      return <Written {...props} />;
    case "button":
      return (
        <Button unavailable={disabled ? (hint ?? label) : null} onClick={() => onSet(true, "once")}>
          {label}
        </Button>
      );
    case "fact":
    case null:
      return (
        <p className={styles.head}>
          <span>{label}</span>
          <span>{wordsOf(control, value)}</span>
        </p>
      );
  }
}

export function Control(props: ControlProps) {
  const { control, disabled, hint, onSet } = props;
  const look = lookOf(control);
  const other = keptOtherwise(control);
  const said =
    hint ?? (other === undefined ? undefined : t("camera.controls.kept", { value: wordsOf(control, other) }));
  return (
    <div className={styles.control}>
      <div className={styles.field}>
        <Field {...props} hint={said} />
      </div>
      {look !== "fact" && look !== "button" && isSet(control) && !disabled && (
        <IconButton
          small
          icon="refresh"
          label={t("camera.controls.reset", { name: control.label })}
          onClick={() => onSet(null, "once")}
        />
      )}
    </div>
  );
}

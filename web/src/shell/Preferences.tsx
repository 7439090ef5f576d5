// What each reader chooses for this browser: theme, language, live video, keys.

import { languages, t } from "../i18n";
import { Choice, SelectField, Switch } from "../parts/Field";
import { change, useSettings } from "../state/settings";
import styles from "./Preferences.module.css";

/** A language by its own name. */
function nameOf(code: string): string {
  const name = new Intl.DisplayNames(code, { type: "language" }).of(code) ?? code;
  return name.charAt(0).toLocaleUpperCase(code) + name.slice(1);
}

export function Preferences() {
  const all = useSettings((settings) => settings);
  return (
    <div className={styles.preferences}>
      <Choice
        label={t("preferences.theme")}
        value={all.theme}
        options={(["system", "light", "dark"] as const).map((value) => ({
          value,
          label: t(`preferences.theme.${value}`),
        }))}
        onChange={(theme) => change({ theme })}
      />
      <SelectField
        label={t("preferences.language")}
        value={all.language ?? ""}
        options={[
          { value: "", label: t("preferences.language.browser") },
          ...languages.map((code) => ({ value: code, label: nameOf(code) })),
        ]}
        onChange={(code) => change({ language: code || null })}
      />
      <Choice
        label={t("preferences.live")}
        value={all.liveTiles}
        options={(["some", "all", "none"] as const).map((value) => ({
          value,
          label: t(`preferences.live.${value}`),
        }))}
        onChange={(liveTiles) => change({ liveTiles })}
      />
      <Switch
        label={t("preferences.keys")}
        hint={t("preferences.keys.hint")}
        checked={all.keys}
        onChange={(keys) => change({ keys })}
      />
    </div>
  );
}

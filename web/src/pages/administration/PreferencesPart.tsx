// What each reader chooses for this browser.

import { t } from "../../i18n";
import { Section } from "../../parts/Page";
import { Preferences } from "../../shell/Preferences";
import styles from "./AdministrationPage.module.css";

export function PreferencesPart() {
  return (
    <Section title={t("administration.preferences")}>
      <p className={styles.intro}>{t("administration.preferences.intro")}</p>
      <Preferences />
    </Section>
  );
}

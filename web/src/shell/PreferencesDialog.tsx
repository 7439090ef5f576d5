// The preferences, over whatever page is open.

import { t } from "../i18n";
import { Dialog } from "../parts/Dialog";
import { Preferences } from "./Preferences";

export default function PreferencesDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t("account.preferences")} onClose={onClose}>
      <Preferences />
    </Dialog>
  );
}

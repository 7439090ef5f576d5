// What a verification of the library can find, in words.

import { t } from "../../i18n";

const FINDINGS = ["orphan", "missing", "outdated", "truncated", "damaged", "foreign", "unreadable"] as const;

/** One that this page does not know is shown as camsvc calls it. */
export function findingName(finding: string): string {
  const known = FINDINGS.find((each) => each === finding);
  return known ? t(`system.library.finding.${known}`) : finding;
}

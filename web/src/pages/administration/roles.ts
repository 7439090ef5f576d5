// The roles to choose from, each with what it may.

import type { Role } from "../../api/types";
import { t } from "../../i18n";

export const ROLES = ["viewer", "operator", "admin"] as const satisfies readonly Role[];

export const roleOptions = (): { value: Role; label: string }[] =>
  ROLES.map((value) => ({ value, label: t(`administration.role.${value}`) }));

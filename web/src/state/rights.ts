// Who may do what, and whether it can be done now.

import { methodRoles, type MethodName, type Role } from "../api/types";
import { t } from "../i18n";
import { useApp, type AppState } from "./store";

const RANK: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

export function roleOf({ session }: Pick<AppState, "session">): Role | null {
  return session.phase === "in" ? session.view.role : null;
}

export function may(role: Role | null, method: MethodName): boolean {
  const least = methodRoles[method];
  return least === "open" || (role !== null && RANK[role] >= RANK[least]);
}

/** Whether who is logged in may call a method; what they may not is not shown. */
export function useMay(method: MethodName): boolean {
  return may(useApp(roleOf), method);
}

/** Why nothing can be done now; null when it can. Given to the `unavailable` of a button. */
export function useOffline(): string | null {
  return useApp(({ link }) => link.phase) === "open" ? null : t("link.unavailable");
}

/** A role in words; camsvc gives an empty one to who has not logged in. */
export function roleName(role: string): string {
  return role in RANK ? t(`role.${role as Role}`) : "–";
}

// The way to the pages: a rail at the side, a bar at the bottom of a phone.

import { Suspense, useState } from "react";
import { Link } from "wouter";
import { useHashLocation, navigate } from "wouter/use-hash-location";

import { BASE } from "../api/base";
import { t } from "../i18n";
import { classes } from "../parts/classes";
import { ErrorBoundary } from "../parts/ErrorBoundary";
import { Icon } from "../parts/Icon";
import { useKeys } from "../parts/keys";
import { lazily } from "../parts/lazily";
import { Menu } from "../parts/Menu";
import type { Route } from "../routes";
import { complain } from "../state/notices";
import { logOut } from "../state/session";
import { useApp } from "../state/store";
import styles from "./Navigation.module.css";

const dialogs = {
  preferences: lazily(() => import("./PreferencesDialog")),
  keys: lazily(() => import("./KeysDialog")),
  diagnostics: lazily(() => import("./DiagnosticsDialog")),
};

export function Navigation({ routes }: { routes: readonly Route[] }) {
  const [path] = useHashLocation();
  const session = useApp((state) => state.session);
  const [shown, show] = useState<keyof typeof dialogs | null>(null);
  const entries = routes.flatMap((route) => (route.entry ? [{ ...route, entry: route.entry }] : []));
  useKeys(t("keys.everywhere"), [
    { key: "?", text: t("keys.list"), run: () => show("keys") },
    ...entries.map(({ path: to, entry }) => ({
      key: entry.key,
      text: t(entry.text),
      run: () => navigate(to, {}),
    })),
  ]);
  const Shown = shown && dialogs[shown];
  const view = session.phase === "in" ? session.view : null;
  return (
    <nav className={styles.nav} aria-label={t("nav.label")}>
      <Link href="/" className={styles.mark} aria-label={t("nav.home")}>
        <img src={`${BASE}icon.svg`} alt="" width="32" height="32" />
      </Link>
      <ul className={styles.entries}>
        {entries.map(({ path: to, entry, code }) => {
          const here = to === "/" ? path === "/" || path.startsWith("/camera/") : path.startsWith(to);
          return (
            <li key={to}>
              <Link
                href={to}
                className={classes(styles.entry, here && styles.here)}
                aria-current={here ? "page" : undefined}
                onPointerEnter={() => void code().catch(() => undefined)}
              >
                <Icon name={entry.icon} size="1.5rem" />
                {t(entry.text)}
              </Link>
            </li>
          );
        })}
      </ul>
      <div className={styles.account}>
        <Menu
          kind="quiet"
          icon="person"
          className={styles.person}
          label={t("account.of", { user: view?.user ?? "" })}
          items={[
            {
              label: view ? `${view.user} · ${t(`role.${view.role}`)}` : "",
              icon: "settings",
              hint: t("account.preferences"),
              run: () => show("preferences"),
            },
            { label: t("account.keys"), icon: "keyboard", run: () => show("keys") },
            { label: t("account.diagnostics"), icon: "gauge", run: () => show("diagnostics") },
            "line",
            {
              label: t("account.logout"),
              icon: "out",
              run: () => void logOut().catch((why: unknown) => complain(t("account.logout.failed"), why)),
            },
          ]}
        />
      </div>
      {Shown && (
        <ErrorBoundary key={shown}>
          <Suspense>
            <Shown onClose={() => show(null)} />
          </Suspense>
        </ErrorBoundary>
      )}
    </nav>
  );
}

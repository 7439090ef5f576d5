// The page as a whole: the login, or the pages with their navigation.

import { memo, Suspense, useDeferredValue, useEffect, useState } from "react";
import { Route, Router, Switch } from "wouter";
import { useHashLocation } from "wouter/use-hash-location";

import { bestLanguage, setLanguage, t } from "../i18n";
import { Button } from "../parts/Button";
import { Empty } from "../parts/Empty";
import { ErrorBoundary } from "../parts/ErrorBoundary";
import { enableKeys } from "../parts/keys";
import { Page } from "../parts/Page";
import { onUnavailable } from "../parts/unavailable";
import { Waiting } from "../parts/Waiting";
import { routes, type Route as RouteOf } from "../routes";
import { forgetAnswers } from "../state/answers";
import { notify } from "../state/notices";
import { may, roleOf } from "../state/rights";
import { useSettings } from "../state/settings";
import { useApp } from "../state/store";
import styles from "./App.module.css";
import { DiskState } from "./DiskState";
import { useKiosk } from "./kiosk";
import { LinkState } from "./LinkState";
import { LoginPage } from "./LoginPage";
import { Navigation } from "./Navigation";
import { RenewPage } from "./RenewPage";
import { Toasts } from "./Toasts";

/** Theme and language as they are set; the code of the language that is in use. */
function useAppearance(): string {
  const theme = useSettings((all) => all.theme);
  const wished = useSettings((all) => all.language);
  const keys = useSettings((all) => all.keys);
  const [language, setShown] = useState(document.documentElement.lang);
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  useEffect(() => enableKeys(keys), [keys]);
  useEffect(() => {
    let over = false;
    const best = bestLanguage(wished);
    void setLanguage(best).then(() => {
      if (!over) setShown(best);
    });
    return () => {
      over = true;
    };
  }, [wished]);
  return language;
}

function NotFound() {
  return (
    <Page title={t("nav.nowhere")}>
      <Button onClick={() => (location.hash = "/")}>{t("nav.home")}</Button>
    </Page>
  );
}

function useSeen(): readonly RouteOf[] {
  const role = useApp(roleOf);
  return routes.filter(({ needs }) => !needs || may(role, needs));
}

/** The page at a path: drawn again when that is another, or by what the page itself hears of. */
const Content = memo(function Content({ path }: { path: string }) {
  const seen = useSeen();
  const entry = seen.find((route) => route.path === path)?.entry;
  return (
    <ErrorBoundary key={path} title={entry ? t(entry.text) : "camsvc"} onError={forgetAnswers}>
      <Suspense fallback={<Waiting label={t("loading")} />}>
        <Switch location={path}>
          {seen.map(({ path: at, Page }) => (
            <Route key={at} path={at} component={Page} />
          ))}
          <Route component={NotFound} />
        </Switch>
      </Suspense>
    </ErrorBoundary>
  );
});

function Pages() {
  const [asked] = useHashLocation();
  // To end a page and draw another takes a slow device a tenth of a second: the navigation says before that what was asked.
  const path = useDeferredValue(asked);
  const seen = useSeen();
  const bare = seen.some((route) => route.bare && route.path === path);
  const content = <Content path={path} />;
  if (bare)
    return (
      <main id="content" data-path={path}>
        {content}
      </main>
    );
  return (
    <div className={styles.frame}>
      <a
        className={styles.skip}
        href="#content"
        onClick={(event) => {
          event.preventDefault();
          document.querySelector<HTMLElement>("#content h1")?.focus();
        }}
      >
        {t("nav.skip")}
      </a>
      <Navigation routes={seen} />
      <div className={styles.column}>
        <LinkState />
        {path !== "/system" && <DiskState />}
        <main id="content" className={styles.main} data-path={path}>
          {content}
        </main>
      </div>
    </div>
  );
}

function Asking({ unreachable }: { unreachable: boolean }) {
  return unreachable ? (
    <main className={styles.alone}>
      <Empty icon="offline" title={t("link.unreachable")}>
        <p role="status">{t("link.unreachable.do")}</p>
      </Empty>
    </main>
  ) : (
    <Waiting label={t("loading")} />
  );
}

export function App() {
  const language = useAppearance();
  const session = useApp((state) => state.session);
  const kiosk = useKiosk();
  useEffect(() => onUnavailable((text) => notify({ kind: "info", text })), []);
  return (
    <Router key={language} hook={useHashLocation}>
      {kiosk === "logging-in" || session.phase === "asking" ? (
        <Asking unreachable={session.phase === "asking" && session.unreachable} />
      ) : session.phase === "out" ? (
        <LoginPage why={session.why} refused={kiosk === "refused"} />
      ) : session.phase === "renew" ? (
        <RenewPage user={session.view.user} />
      ) : (
        <Pages />
      )}
      <Toasts />
    </Router>
  );
}

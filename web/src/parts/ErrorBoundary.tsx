// Keeps what breaks in one place from taking the whole page away.

import { Component, type ReactNode } from "react";

import { t } from "../i18n";
import { Button } from "./Button";
import { loadAgain } from "./lazily";
import { Page } from "./Page";
import { Trouble } from "./Trouble";

interface Props {
  children: ReactNode;
  /** Heading, where it is a whole page that may break. */
  title?: string;
  /** Told of what broke. */
  onError?: (why: unknown) => void;
}

export class ErrorBoundary extends Component<Props, { broken: unknown }> {
  override state = { broken: null as unknown };

  static getDerivedStateFromError(broken: unknown) {
    return { broken };
  }

  override componentDidCatch(why: unknown): void {
    this.props.onError?.(why);
  }

  override render(): ReactNode {
    const { broken } = this.state;
    if (broken === null) return this.props.children;
    // Each browser and Vite's own loader of styles say it in words of theirs.
    const stale = broken instanceof Error && /import|module|fetch|preload/i.test(broken.message);
    const trouble = (
      <Trouble
        text={stale ? t("broken.stale") : t("broken.text")}
        detail={stale ? undefined : broken instanceof Error ? broken.message : undefined}
        suggestion={stale ? t("broken.stale.do") : t("broken.do")}
        actions={
          <>
            <Button
              onClick={() => {
                loadAgain();
                this.setState({ broken: null });
              }}
            >
              {t("again")}
            </Button>
            <Button onClick={() => location.reload()}>{t("broken.reload")}</Button>
          </>
        }
      />
    );
    const { title } = this.props;
    return title === undefined ? trouble : <Page title={title}>{trouble}</Page>;
  }
}

// The page begins here.

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import "./styles/index.css";

import { bestLanguage, setLanguage } from "./i18n";
import { installOffline } from "./shell/offline";
import { App } from "./shell/App";
import { begin, watchForHope } from "./state/session";
import { settings } from "./state/settings";

async function start(): Promise<void> {
  const asked = begin();
  await setLanguage(bestLanguage(settings.getState().language));
  const root = document.getElementById("root");
  if (root) {
    createRoot(root).render(
      <StrictMode>
        <App />
      </StrictMode>,
    );
  }
  watchForHope();
  installOffline();
  await asked;
}

void start();

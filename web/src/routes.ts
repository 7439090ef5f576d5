// Which pages there are: where each is found, who sees it, and its code, which is loaded when it is opened.

import type { ComponentType } from "react";

import type { MethodName } from "./api/types";
import type { PlainKey } from "./i18n";
import type { IconName } from "./parts/Icon";
import { lazily } from "./parts/lazily";

type PageCode = () => Promise<{ default: ComponentType }>;

export interface Route {
  /** As wouter has it; it stands after the # of the address. */
  path: string;
  code: PageCode;
  Page: ComponentType;
  /** Its entry of the navigation; a page without one is opened from another. */
  entry?: { icon: IconName; text: PlainKey; key: string };
  /** Only who may call this method sees it. */
  needs?: MethodName;
  /** It fills the screen, without navigation. */
  bare?: boolean;
}

function route(path: string, code: PageCode, more: Omit<Route, "path" | "code" | "Page"> = {}): Route {
  return { path, code, Page: lazily(code), ...more };
}

export const routes: readonly Route[] = [
  route("/", () => import("./pages/cameras/CamerasPage"), {
    entry: { icon: "cameras", text: "nav.cameras", key: "1" },
  }),
  route("/camera/:device", () => import("./pages/camera/CameraPage")),
  route("/wall", () => import("./pages/wall/WallPage"), { bare: true }),
  route("/library", () => import("./pages/library/LibraryPage"), {
    entry: { icon: "library", text: "library.title", key: "2" },
  }),
  route("/library/:kind/:filename", () => import("./pages/library/FilePage")),
  route("/system", () => import("./pages/system/SystemPage"), {
    entry: { icon: "system", text: "system.title", key: "3" },
  }),
  route("/administration", () => import("./pages/administration/AdministrationPage"), {
    entry: { icon: "settings", text: "administration.nav", key: "4" },
    needs: "add_external_stream",
  }),
  route("/administration/:part", () => import("./pages/administration/AdministrationPage"), {
    needs: "add_external_stream",
  }),
];

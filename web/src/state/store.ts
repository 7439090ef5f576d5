// The one store: all that the page knows of camsvc, fed by notifications, and what it is doing about it.

import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";

import type { SessionView } from "../api/http";
import type { CameraView, HealthChanged, ServerInfo, StorageUpdate, SystemStatus } from "../api/types";
import type { Explained } from "./explain";

export type { SessionView } from "../api/http";

/** Why somebody is back at the login. */
export type EndReason = "expired" | "revoked" | "ended" | "logged-out" | "renewed";

export type Session =
  /** It is being asked who is logged in; `unreachable` where camsvc does not answer. */
  | { phase: "asking"; unreachable: boolean }
  | { phase: "out"; why: EndReason | null }
  /** Logged in with a password that is good for choosing another one alone. */
  | { phase: "renew"; view: SessionView }
  | { phase: "in"; view: SessionView };

export interface Link {
  phase: "connecting" | "open" | "lost";
  /** When it came to be so, in ms. */
  since: number;
  /** When the next try is, in ms. */
  nextTryAt: number | null;
  /** How often it has been open; what has been asked before is old when this grows. */
  generation: number;
}

export interface RecordingNow {
  filename: string;
  /** By this machine's clock, in ms. */
  startedAt: number;
  /** Its file is seen to grow. */
  confirmed: boolean;
  /** No footage comes, as the camera is away. */
  interrupted: boolean;
}

/** What has been asked of camsvc for a camera and is not answered yet. */
export type Pending = "starting" | "stopping" | "snapshot";

export interface Notice {
  id: number;
  kind: "info" | "good" | "bad";
  text: string;
  explained?: Explained;
  /** A picture to show beside it. */
  picture?: string;
  actions?: readonly { label: string; run?: () => void; href?: string; download?: string }[];
  /** How far it is, 0 to 1. */
  progress?: number;
  /** ms until it goes by itself; bad ones stay. */
  lastsMs?: number;
}

export interface AppState {
  session: Session;
  link: Link;
  cameras: Readonly<Record<string, CameraView>>;
  /** When the cameras were last known for sure, in ms; null before that. */
  knownAt: number | null;
  recordings: Readonly<Record<string, RecordingNow>>;
  readers: Readonly<Record<string, number>>;
  pending: Readonly<Record<string, Pending>>;
  health: HealthChanged | null;
  /** How the disk of the recordings is; null: as far as is known it is well. */
  disk: StorageUpdate | null;
  system: SystemStatus | null;
  server: ServerInfo | null;
  notices: readonly Notice[];
}

export const nothingKnown = {
  cameras: {},
  knownAt: null,
  recordings: {},
  readers: {},
  pending: {},
  health: null,
  disk: null,
  system: null,
  server: null,
} satisfies Partial<AppState>;

export const store = createStore<AppState>(() => ({
  ...nothingKnown,
  session: { phase: "asking", unreachable: false },
  link: { phase: "connecting", since: Date.now(), nextTryAt: null, generation: 0 },
  notices: [],
}));

/** A part of the state, in a component that is drawn again when that part is another. */
export function useApp<T>(select: (state: AppState) => T): T {
  return useStore(store, select);
}

/** `record` without one of its keys. */
export function without<T>(record: Readonly<Record<string, T>>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([each]) => each !== key));
}

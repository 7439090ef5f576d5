// The socket while somebody is logged in: what is asked for each time it opens, and who is told what comes.

import { BASE } from "../api/base";
import type { Args, Result } from "../api/calls";
import { Failure } from "../api/failure";
import type { Measured } from "../api/measurements";
import { RpcSocket } from "../api/socket";
import type { MethodName, NotificationName, Notifications } from "../api/types";
import { camerasListed, recordingAnswered, streamsListed, told } from "./feed";
import { may, roleOf } from "./rights";
import { store } from "./store";

/** Events that are heard on every page; the status updates of cameras and recordings come without asking. */
const TOPICS = [
  "control.change",
  "snapshot.taken",
  "recording.stop",
  "recording.error",
  "library.protection",
  "library.cleanup",
  "export.progress",
  "move.progress",
  "system.health",
  "system.startup",
];

type Listener<N extends NotificationName> = (params: Notifications[N]) => void;

const listeners = new Map<NotificationName, Set<Listener<NotificationName>>>();
let socket: RpcSocket | null = null;

/** Called with the code and the reason of each loss of the connection. */
export type OnLost = (code: number, reason: string) => void;

/** Call a method; a wrong parameter does not compile. Fails with a Failure. */
export function call<M extends MethodName>(method: M, ...args: Args<M>): Promise<Result<M>> {
  return socket ? socket.call(method, ...args) : Promise.reject(new Failure("offline", "no connection"));
}

/** Hear of a notification until the returned function is called. */
export function listen<N extends NotificationName>(name: N, listener: Listener<N>): () => void {
  const all = listeners.get(name) ?? new Set();
  listeners.set(name, all);
  all.add(listener as Listener<NotificationName>);
  return () => all.delete(listener as Listener<NotificationName>);
}

export function measured(): Measured | null {
  return socket?.measurements.now ?? null;
}

export function connect(onLost: OnLost): void {
  disconnect();
  const url = `${BASE.replace(/^http/, "ws")}ws`;
  socket = new RpcSocket(url, {
    opened: () => void opened(),
    lost: (code, reason, nextTryMs) => {
      const now = Date.now();
      store.setState(({ link }) => ({
        link: {
          ...link,
          phase: "lost",
          since: link.phase === "lost" ? link.since : now,
          nextTryAt: now + nextTryMs,
        },
        pending: {},
      }));
      onLost(code, reason);
    },
    told: tell,
  });
  store.setState(({ link }) => ({
    link: { ...link, phase: "connecting", since: Date.now(), nextTryAt: null },
  }));
  socket.open();
}

export function disconnect(): void {
  socket?.close();
  socket = null;
}

export function retryNow(): void {
  socket?.retryNow();
}

function tell<N extends NotificationName>(name: N, params: Notifications[N]): void {
  store.setState((state) => told(state, name, params, Date.now()));
  for (const listener of listeners.get(name) ?? []) listener(params);
}

async function opened(): Promise<void> {
  store.setState(({ link }) => ({
    link: { phase: "open", since: Date.now(), nextTryAt: null, generation: link.generation + 1 },
  }));
  const subscribed = call("subscribe_events", { topics: TOPICS });
  await Promise.allSettled([subscribed, refreshCameras(), refreshSystem(), refreshDisk()]);
}

/** Ask for all cameras, and for the recordings of those that are recorded. */
async function refreshCameras(): Promise<void> {
  const { cameras } = await call("get_camera_list", {});
  store.setState((state) => camerasListed(state, cameras, Date.now()));
  await Promise.allSettled([
    refreshReaders(),
    ...cameras
      .filter(({ recording }) => recording)
      .map(async ({ device }) => {
        const answer = await call("get_recording_status", { device });
        store.setState((state) => recordingAnswered(state, answer, Date.now()));
      }),
  ]);
}

/** How many watch each camera: there is no event for that. */
export async function refreshReaders(): Promise<void> {
  const streams = await call("get_streams");
  store.setState(streamsListed(streams));
}

/** Who may not ask is told when it changes. */
async function refreshDisk(): Promise<void> {
  if (may(roleOf(store.getState()), "get_storage_info")) {
    store.setState({ disk: await call("get_storage_info") });
  }
}

async function refreshSystem(): Promise<void> {
  const [system, server] = await Promise.all([call("get_system_status"), call("get_server_info")]);
  store.setState({ system, server });
}

// The one WebSocket: calls and their answers, notifications, and coming back after it was lost.

import { backOff } from "./backoff";
import type { Args, Result } from "./calls";
import { Failure } from "./failure";
import { Measurements } from "./measurements";
import type { MethodName, NotificationName, Notifications, RpcError } from "./types";

const ANSWER_MS = 15_000;
/** Some answers take longer: a sleeping camera is woken, a recording is closed, networks are scanned. */
const SLOW: Partial<Record<MethodName, number>> = {
  take_snapshot: 30_000,
  stop_recording: 45_000,
  discover_external_streams: 90_000,
};
/** A connection that is silent for so long is asked whether it is there; a lost Wi-Fi closes no socket. */
const SILENT_MS = 15_000;
const PONG_MS = 6_000;
/** A network that swallows all packets neither opens a connection nor refuses it, for minutes. */
const OPENS_MS = 10_000;

export const CloseCode = { LoginEnded: 4001, Unreachable: 1006 } as const;

export interface SocketHooks {
  /** Each time the socket is open and logged in. */
  opened(): void;
  /** Each time it is lost: code and reason as it was closed, and when it tries again in ms from now. */
  lost(code: number, reason: string, nextTryMs: number): void;
  told<N extends NotificationName>(name: N, params: Notifications[N]): void;
}

interface Waiting {
  readonly sentAt: number;
  readonly timer: ReturnType<typeof setTimeout>;
  done(result: unknown): void;
  fail(why: Failure): void;
}

interface Answer {
  id?: unknown;
  method?: unknown;
  params?: unknown;
  result?: unknown;
  error?: RpcError;
}

export type MakeSocket = (url: string) => WebSocket;

export class RpcSocket {
  readonly measurements = new Measurements();
  private socket: WebSocket | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private number = 0;
  private failures = 0;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private silenceTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly url: string;
  private readonly hooks: SocketHooks;
  private readonly make: MakeSocket;

  constructor(url: string, hooks: SocketHooks, make: MakeSocket = (where) => new WebSocket(where)) {
    this.url = url;
    this.hooks = hooks;
    this.make = make;
  }

  get isOpen(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  open(): void {
    clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
    const socket = (this.socket = this.make(this.url));
    socket.onopen = () => {
      if (this.socket !== socket) return;
      this.heard();
      this.hooks.opened();
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (this.socket === socket && typeof event.data === "string") this.take(event.data);
    };
    socket.onclose = (event: CloseEvent) => {
      if (this.socket === socket) this.drop(event.code, event.reason);
    };
    this.silenceTimer = setTimeout(() => this.giveUp(socket), OPENS_MS);
  }

  /**
   * Try now, as there is reason to hope: the network is back, or somebody looks. What seems to be open is asked whether
   * it is, as a device that has slept or changed its network does not know.
   */
  retryNow(): void {
    if (this.isOpen) this.ask();
    if (this.retryTimer === undefined) return;
    this.failures = 0;
    this.open();
  }

  /** Close it for good. */
  close(): void {
    clearTimeout(this.retryTimer);
    clearTimeout(this.silenceTimer);
    this.retryTimer = undefined;
    const socket = this.socket;
    this.socket = null;
    this.failAll();
    socket?.close();
  }

  call<M extends MethodName>(method: M, ...[params]: Args<M>): Promise<Result<M>> {
    const socket = this.socket;
    if (socket?.readyState !== WebSocket.OPEN) return Promise.reject(new Failure("offline", "no connection"));
    const id = ++this.number;
    this.measurements.count("calls");
    return new Promise<Result<M>>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        this.measurements.count("timeouts");
        reject(new Failure("timeout", `${method}: no answer`));
      }, SLOW[method] ?? ANSWER_MS);
      this.waiting.set(id, {
        sentAt: performance.now(),
        timer,
        done: (result) => resolve(result as Result<M>),
        fail: reject,
      });
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params: params ?? {} }));
    });
  }

  private take(text: string): void {
    this.measurements.count("bytesIn", text.length);
    this.failures = 0; // not once it is open: what is closed at once is not asked again each second
    this.heard();
    let messages: Answer | Answer[];
    try {
      messages = JSON.parse(text) as Answer | Answer[];
    } catch {
      return;
    }
    for (const message of Array.isArray(messages) ? messages : [messages]) this.takeOne(message);
  }

  private takeOne(message: Answer): void {
    if (typeof message.method === "string") {
      this.measurements.count("notifications");
      const name = message.method as NotificationName;
      this.hooks.told(name, message.params as Notifications[typeof name]);
      return;
    }
    const id = message.id as number;
    const waiting = this.waiting.get(id);
    if (!waiting) return;
    this.waiting.delete(id);
    clearTimeout(waiting.timer);
    this.measurements.roundTrip(performance.now() - waiting.sentAt);
    if (message.error) {
      this.measurements.count("errors");
      waiting.fail(Failure.from(message.error));
    } else waiting.done(message.result);
  }

  /** Something came: it is there. Ask when nothing comes for a while. */
  private heard(): void {
    clearTimeout(this.silenceTimer);
    this.silenceTimer = setTimeout(() => this.ask(), SILENT_MS);
  }

  /** Ask whether it is there, and give it up without an answer. */
  private ask(): void {
    clearTimeout(this.silenceTimer);
    const socket = this.socket;
    this.call("ping").catch(() => undefined);
    this.silenceTimer = setTimeout(() => this.giveUp(socket), PONG_MS);
  }

  private giveUp(socket: WebSocket | null): void {
    if (this.socket !== socket || !socket) return;
    socket.close();
    this.drop(CloseCode.Unreachable, "");
  }

  private drop(code: number, reason: string): void {
    clearTimeout(this.silenceTimer);
    this.socket = null;
    this.measurements.count("drops");
    this.failAll();
    const pause = backOff(this.failures++);
    this.retryTimer = setTimeout(() => this.open(), pause);
    this.hooks.lost(code, reason, pause);
  }

  private failAll(): void {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const each of all) {
      clearTimeout(each.timer);
      each.fail(new Failure("offline", "the connection was lost"));
    }
  }
}

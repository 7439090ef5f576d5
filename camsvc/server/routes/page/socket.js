// The WebSocket: calls and their answers, notifications, and coming back after it was lost.

import { BASE } from "./base.js";

const FIRST_PAUSE_MS = 500, LAST_PAUSE_MS = 15000, ANSWER_MS = 15000;

// Pauses that grow with each failure, a little by chance, so that many pages do not come back at the same moment.
export function backOff(failures) {
  const pause = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
  return pause * (0.75 + Math.random() / 2);
}

export class RpcSocket {
  // opened(): called after each login of the socket; lost(code): after each loss; told(method, params): notifications.
  constructor({ opened, lost, told }) {
    this.opened = opened;
    this.lost = lost;
    this.told = told;
    this.failures = 0;
    this.answers = new Map();
    this.number = 0;
    this.open();
  }

  open() {
    const socket = this.socket = new WebSocket(`${BASE.replace(/^http/, "ws")}ws`);
    socket.onopen = () => {
      this.failures = 0;
      this.opened();
    };
    socket.onmessage = (event) => this.take(JSON.parse(event.data));
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      for (const { fail } of this.answers.values()) fail(new Error("the connection was lost"));
      this.answers.clear();
      this.lost(event.code);
      if (this.socket === socket) this.timer = setTimeout(() => this.open(), backOff(this.failures++));
    };
  }

  close() {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket.close();
  }

  take(message) {
    if (message.method) {
      this.told(message.method, message.params);
      return;
    }
    const waiting = this.answers.get(message.id);
    if (!waiting) return;
    this.answers.delete(message.id);
    if (message.error) waiting.fail(new Error(message.error.message));
    else waiting.done(message.result);
  }

  call(method, params = {}) {
    const id = ++this.number;
    return new Promise((done, fail) => {
      const timer = setTimeout(() => {
        this.answers.delete(id);
        fail(new Error(`${method}: no answer`));
      }, ANSWER_MS);
      this.answers.set(id, {
        done: (value) => { clearTimeout(timer); done(value); },
        fail: (why) => { clearTimeout(timer); fail(why); },
      });
      this.socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  }
}

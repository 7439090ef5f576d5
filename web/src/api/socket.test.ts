import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { backOff } from "./backoff";
import { Failure } from "./failure";
import { RpcSocket, type SocketHooks } from "./socket";

class FakeSocket {
  static all: FakeSocket[] = [];
  readyState = 0;
  sent: { id: number; method: string; params: unknown }[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor() {
    FakeSocket.all.push(this);
  }
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as FakeSocket["sent"][number]);
  }
  close(): void {
    this.readyState = 3;
  }
  tell(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  lose(code = 1006, reason = ""): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
}

function newest(): FakeSocket {
  const found = FakeSocket.all.at(-1);
  if (!found) throw new Error("no socket was made");
  return found;
}

function made() {
  const hooks = { opened: vi.fn(), lost: vi.fn(), told: vi.fn() } satisfies SocketHooks;
  const socket = new RpcSocket("ws://x/ws", hooks, () => new FakeSocket() as unknown as WebSocket);
  socket.open();
  return { socket, hooks };
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.all = [];
});
afterEach(() => {
  vi.useRealTimers();
});

describe("backOff", () => {
  it("grows from a second to thirty, a little by chance", () => {
    expect(backOff(0, () => 1)).toBe(1000);
    expect(backOff(0, () => 0)).toBe(750);
    expect(backOff(3, () => 1)).toBe(8000);
    expect(backOff(5, () => 1)).toBe(30_000);
    expect(backOff(5000, () => 1)).toBe(30_000);
  });
});

describe("RpcSocket", () => {
  it("gives each call its own answer, in whatever order they come", async () => {
    const { socket } = made();
    newest().open();
    const one = socket.call("ping");
    const two = socket.call("get_camera_status", { device: "camera0" });
    const [first, second] = newest().sent;
    newest().tell({ jsonrpc: "2.0", id: second?.id, result: { device: "camera0" } });
    newest().tell({ jsonrpc: "2.0", id: first?.id, result: "pong" });
    await expect(one).resolves.toBe("pong");
    await expect(two).resolves.toEqual({ device: "camera0" });
    expect(socket.measurements.now.roundTripsMs).toHaveLength(2);
  });

  it("makes a Failure of an error, with reason, suggestion and request id", async () => {
    const { socket } = made();
    newest().open();
    const call = socket.call("ping");
    const data = { reason: "no_space", suggestion: "delete something", request_id: "r1" };
    newest().tell({ id: newest().sent[0]?.id, error: { code: -32020, message: "No room", data } });
    const why = await call.catch((error: unknown) => error);
    expect(why).toBeInstanceOf(Failure);
    expect(why).toMatchObject({ code: -32020, message: "No room", ...{ reason: "no_space" } });
    expect(why).toMatchObject({ suggestion: "delete something", requestId: "r1" });
  });

  it("refuses a call at once without a connection, and all that wait when it is lost", async () => {
    const { socket } = made();
    await expect(socket.call("ping")).rejects.toMatchObject({ kind: "offline" });
    newest().open();
    const call = socket.call("ping");
    newest().lose();
    await expect(call).rejects.toMatchObject({ kind: "offline" });
  });

  it("comes back after a pause that grows, and begins anew after a success", () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const { hooks } = made();
    newest().lose();
    expect(hooks.lost).toHaveBeenLastCalledWith(1006, "", 1000);
    vi.advanceTimersByTime(999);
    expect(FakeSocket.all).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(FakeSocket.all).toHaveLength(2);
    newest().lose();
    expect(hooks.lost).toHaveBeenLastCalledWith(1006, "", 2000);
    vi.advanceTimersByTime(2000);
    newest().open();
    expect(hooks.opened).toHaveBeenCalledTimes(1);
    newest().lose();
    expect(hooks.lost).toHaveBeenLastCalledWith(1006, "", 4000); // it was opened, and nothing came
    vi.advanceTimersByTime(4000);
    newest().open();
    newest().tell({ method: "system.startup", params: {} });
    newest().lose();
    expect(hooks.lost).toHaveBeenLastCalledWith(1006, "", 1000);
  });

  it("gives up a try that is neither answered nor refused", () => {
    const { hooks } = made();
    vi.advanceTimersByTime(9999);
    expect(hooks.lost).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(hooks.lost).toHaveBeenCalledTimes(1);
    expect(newest().readyState).toBe(3);
  });

  it("tries at once when asked to, and asks what is open whether it is", () => {
    const { socket, hooks } = made();
    newest().lose();
    socket.retryNow();
    expect(FakeSocket.all).toHaveLength(2);
    newest().open();
    socket.retryNow();
    expect(FakeSocket.all).toHaveLength(2);
    expect(newest().sent.map(({ method }) => method)).toEqual(["ping"]);
    newest().tell({ id: newest().sent[0]?.id, result: "pong" });
    vi.advanceTimersByTime(6000);
    expect(hooks.lost).toHaveBeenCalledTimes(1);
    socket.retryNow();
    vi.advanceTimersByTime(6000);
    expect(hooks.lost).toHaveBeenCalledTimes(2);
  });

  it("gives up a connection that is silent and does not answer", () => {
    const { hooks } = made();
    newest().open();
    vi.advanceTimersByTime(15_000);
    expect(newest().sent.at(-1)?.method).toBe("ping");
    newest().tell({ id: newest().sent.at(-1)?.id, result: "pong" });
    vi.advanceTimersByTime(15_000);
    expect(hooks.lost).not.toHaveBeenCalled();
    vi.advanceTimersByTime(6_000);
    expect(hooks.lost).toHaveBeenCalledTimes(1);
  });

  it("passes notifications on, also those of a batch, and overlooks what is no JSON", () => {
    const { hooks } = made();
    newest().open();
    newest().tell([
      { method: "system.startup", params: { version: "1" } },
      { method: "x", params: {} },
    ]);
    newest().onmessage?.({ data: "{" });
    expect(hooks.told).toHaveBeenCalledTimes(2);
    expect(hooks.told).toHaveBeenCalledWith("system.startup", { version: "1" });
  });

  it("stays closed once it is closed", () => {
    const { socket, hooks } = made();
    newest().open();
    socket.close();
    newest().lose();
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.all).toHaveLength(1);
    expect(hooks.lost).not.toHaveBeenCalled();
  });
});

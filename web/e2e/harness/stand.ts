// A camsvc of its own for each file of tests: with a media engine, test cameras, and what can happen to them.

import { spawn, type ChildProcessByStdio } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

const CHECKOUT = join(import.meta.dirname, "../../..");

/** Label of the media engine, as tests/support/engine/engines.py has it. */
export const ENGINE = process.env.CAMSVC_E2E_ENGINE ?? "Relay";

interface Answer {
  id: number;
  ok?: unknown;
  error?: string;
}

export interface StandOptions {
  /** Names of the test cameras, which get the ids camera0 and so on. */
  cameras?: readonly string[];
  width?: number;
  height?: number;
  fps?: number;
  /** Further tables of the configuration. */
  tables?: string;
  /** Further keys of [server]. */
  server?: string;
  /** Further keys of [media]. */
  media?: string;
  /** There is a second folder for recordings, `second` in the state folder. */
  second?: boolean;
  /** Cameras have controls and a microphone that hears nothing. */
  hardware?: boolean;
  /** With a USB port for a camera: stand.do("plug"), stand.do("unplug"). */
  ports?: boolean;
}

export interface Login {
  user: string;
  password: string;
}

/** An answer of camsvc that is an error. */
export class RpcError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export class Stand {
  url = "";
  /** camsvc's state folder. */
  state = "";
  /** The media engine's name and version. */
  engine = "";
  #process: ChildProcessByStdio<Writable, Readable, null>;
  #waiting = new Map<number, { done: (value: unknown) => void; fail: (why: Error) => void }>();
  #number = 0;
  #ended: Promise<void>;

  private constructor() {
    const python = join(CHECKOUT, ".venv/bin/python");
    this.#process = spawn(python, ["-m", "tests.support.browser.stand", ENGINE], {
      cwd: CHECKOUT,
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#ended = new Promise((done) => this.#process.once("exit", () => done()));
    createInterface({ input: this.#process.stdout }).on("line", (line) => {
      const answer = JSON.parse(line) as Answer;
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.error === undefined) waiting?.done(answer.ok);
      else waiting?.fail(new Error(answer.error));
    });
    void this.#ended.then(() => {
      for (const { fail } of this.#waiting.values()) fail(new Error("the stand has ended"));
    });
  }

  static async start(options: StandOptions = {}): Promise<Stand> {
    const stand = new Stand();
    const { cameras = ["North gate", "Yard 2"], width = 640, height = 360, fps = 15 } = options;
    const tables = cameras.map(
      (name) =>
        `[[camera]]\nname = ${JSON.stringify(name)}\nkind = "test"\nwidth = ${width}\nheight = ${height}\nfps = ${fps}\n`,
    );
    const chosen = {
      cameras: tables.join("") + (options.tables ?? ""),
      extra: options.media ?? "",
      server: options.server ?? "",
    };
    const more = { second: options.second ?? false, hardware: options.hardware ?? false };
    try {
      Object.assign(
        stand,
        await (options.ports
          ? stand.do("begin_with_ports", chosen)
          : stand.do("begin", { ...chosen, ...more })),
      );
    } catch (why) {
      await stand.stop();
      throw why;
    }
    return stand;
  }

  /** One of the commands of tests/support/browser/stand.py. */
  do<T = null>(name: string, parameters: Record<string, unknown> = {}): Promise<T> {
    const id = ++this.#number;
    this.#process.stdin.write(`${JSON.stringify({ id, do: name, ...parameters })}\n`);
    return new Promise<T>((done, fail) => {
      this.#waiting.set(id, { done: (value) => done(value as T), fail });
    });
  }

  /** The result of a method, called by an admin. */
  async call<T = Record<string, unknown>>(method: string, params: Record<string, unknown> = {}): Promise<T> {
    const answer = await this.do<{ result?: T; error?: { code: number; message: string } }>("rpc", {
      method,
      params,
    });
    if (answer.error) throw new RpcError(answer.error.code, `${method}: ${answer.error.message}`);
    return answer.result as T;
  }

  /** A new user of a role. */
  async user(role: "viewer" | "operator" | "admin", name: string = role): Promise<Login> {
    const login = { user: name, password: "four little words here" };
    await this.call("create_user", { username: name, password: login.password, role });
    return login;
  }

  async stop(): Promise<void> {
    this.#process.stdin.end();
    await this.#ended;
  }
}

/** Waits for something of which no event tells: asks again and again. */
export async function eventually<T>(check: () => Promise<T>, timeoutMs = 20_000): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${String(value)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

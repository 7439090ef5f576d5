// Stands between browser and camsvc and tells what was really asked for: nothing that a cache has answered is in it.

import { createServer, request as ask, type IncomingMessage, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

export class CountingProxy {
  url = "";
  /** Paths of the requests so far. */
  readonly asked: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #behind: URL;

  private constructor(behind: string) {
    this.#behind = new URL(behind);
    this.#server = createServer((request, response) => {
      this.#note(request);
      const { method, headers } = request;
      const onward = ask(new URL(request.url ?? "/", this.#behind), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      response.on("close", () => onward.destroy());
      request.pipe(onward);
    });
    this.#server.on("connection", (socket) => this.#sockets.add(socket));
    this.#server.on("upgrade", (request: IncomingMessage, socket: Socket) => this.#upgrade(request, socket));
  }

  static async start(behind: string): Promise<CountingProxy> {
    const proxy = new CountingProxy(behind);
    await new Promise<void>((done) => proxy.#server.listen(0, "127.0.0.1", done));
    proxy.url = `http://127.0.0.1:${String((proxy.#server.address() as AddressInfo).port)}`;
    return proxy;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #note({ url = "" }: IncomingMessage): void {
    this.asked.push(url.split("?")[0] ?? url);
  }

  #upgrade(request: IncomingMessage, socket: Socket): void {
    this.#note(request);
    const onward = connect(Number(this.#behind.port), this.#behind.hostname);
    const lines = request.rawHeaders.flatMap((name, at, all) =>
      at % 2 ? [] : [`${name}: ${all[at + 1] ?? ""}`],
    );
    onward.write([`GET ${request.url ?? "/"} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
    socket.pipe(onward).pipe(socket);
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const)
      one.on("close", () => other.destroy()).on("error", () => other.destroy());
  }
}

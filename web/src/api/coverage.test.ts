// What the API can do, the page can do: each method is called somewhere in it, or named here with the reason.

import { describe, expect, it } from "vitest";

import { methodRoles, type MethodName } from "./types";

const NOT_CALLED: Partial<Record<MethodName, string>> = {
  authenticate: "the login's cookie logs the socket in at its handshake",
  get_subscription_stats: "list_clients tells who hears what, and more",
  start_streaming: "a camera starts with its first viewer; always on is set in its settings",
  stop_streaming: "as start_streaming",
  unsubscribe_events: "the page hears the same topics as long as it is open",
  "rpc.discover": "for programs; the page has its types from it at build time",
  "system.listMethods": "for programs",
  "system.methodHelp": "for programs",
  "system.methodSignature": "for programs",
};

const sources = import.meta.glob<string>(["../**/*.{ts,tsx}", "!../**/*.test.{ts,tsx}", "!./types.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Without the places that ask whether somebody may call a method, and without its entry among those that take long. */
const code = Object.values(sources)
  .join("\n")
  .replace(/(?:\bmay\(\w+, |useMay\(|needs: )"[\w.]+"/g, "");
const isCalled = (method: string) => code.includes(`"${method}"`);
const methods = Object.keys(methodRoles) as MethodName[];

describe("the page", () => {
  it.each(methods)("calls %s, or it is said why not", (method) => {
    expect(isCalled(method) || method in NOT_CALLED).toBe(true);
  });

  it("names no method in vain", () => {
    const vain = (method: string) => isCalled(method) || !methods.includes(method as MethodName);
    expect(Object.keys(NOT_CALLED).filter(vain)).toEqual([]);
  });
});

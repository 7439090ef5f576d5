import { describe, expect, it } from "vitest";

import { keyOf } from "./kiosk";

describe("keyOf", () => {
  it("takes the key out of an address, and leaves the rest", () => {
    expect(keyOf("#/wall?key=abc")).toEqual({ key: "abc", rest: "#/wall" });
    expect(keyOf("#/wall?x=1&key=a%2Bb")).toEqual({ key: "a+b", rest: "#/wall?x=1" });
    expect(keyOf("#/wall")).toBeNull();
    expect(keyOf("")).toBeNull();
  });
});

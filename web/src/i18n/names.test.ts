import { describe, expect, it } from "vitest";

import { visible } from "./names";

describe("visible", () => {
  it("names the signs that turn text, and those that are not seen", () => {
    expect(visible("\u202egnp.\u2066harmless.mp4")).toBe("⟨RLO⟩gnp.⟨LRI⟩harmless.mp4");
    expect(visible("a\u0007b\u2028c\u0085")).toBe("a⟨U+0007⟩b⟨U+2028⟩c⟨U+0085⟩");
  });

  it("leaves alone what people write: letters of all scripts, joiners, marks, ends of lines", () => {
    for (const text of ["שער צפון\u200f", "می\u200cخواهم", "👨\u200d👩\u200d👧", "a\tb\nc", "Tür 2"])
      expect(visible(text)).toBe(text);
  });
});

// Names that others have given, of files, cameras and people: signs in them that turn or hide the text are shown.

/** They turn what follows them (UAX #9); marks (U+200E, U+200F) turn no letters, and stand in dates of some languages. */
const TURNS = new Map([
  ["\u202a", "LRE"],
  ["\u202b", "RLE"],
  ["\u202c", "PDF"],
  ["\u202d", "LRO"],
  ["\u202e", "RLO"],
  ["\u2066", "LRI"],
  ["\u2067", "RLI"],
  ["\u2068", "FSI"],
  ["\u2069", "PDI"],
]);

// eslint-disable-next-line no-control-regex -- what is looked for
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const codeOf = (sign: string) => sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");

/** A text with each sign that would not be seen as its name: ⟨RLO⟩ for the one that turns `gnp.exe` into `exe.png`. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (sign) => `⟨${TURNS.get(sign) ?? `U+${codeOf(sign)}`}⟩`);
}

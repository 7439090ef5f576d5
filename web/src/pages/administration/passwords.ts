// A first password that can be said on the telephone, made by the browser's own random numbers.

const LETTERS = "abcdefghjkmnpqrstvwxyz23456789"; // without those that look alike
const GROUPS = 4;
const IN_A_GROUP = 4;

export function firstPassword(): string {
  const bytes = new Uint8Array(64);
  const letters: string[] = [];
  while (letters.length < GROUPS * IN_A_GROUP) {
    crypto.getRandomValues(bytes);
    // Those beyond the last whole multiple would make some letters more likely.
    const usable = [...bytes].filter((byte) => byte < 256 - (256 % LETTERS.length));
    letters.push(...usable.map((byte) => LETTERS.charAt(byte % LETTERS.length)));
  }
  const groups = Array.from({ length: GROUPS }, (_, at) =>
    letters.slice(at * IN_A_GROUP, (at + 1) * IN_A_GROUP).join(""),
  );
  return groups.join("-");
}

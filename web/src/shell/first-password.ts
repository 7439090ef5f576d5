// The password of the login before a forced change: asked for by that, kept no longer than the page is there.

let password = "";

export function rememberPassword(value: string): void {
  password = value;
}

export function takePassword(): string {
  return password;
}

export function forgetPassword(): void {
  password = "";
}

// A control that cannot be used now says why when somebody tries. Whoever shows the page hears of it.

const NAME = "camsvc-unavailable";

export function tellUnavailable(why: string): void {
  window.dispatchEvent(new CustomEvent<string>(NAME, { detail: why }));
}

export function onUnavailable(heard: (why: string) => void): () => void {
  const listener = (event: Event) => heard((event as CustomEvent<string>).detail);
  window.addEventListener(NAME, listener);
  return () => window.removeEventListener(NAME, listener);
}

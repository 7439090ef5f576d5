// The time as the page shows it: one timer for each step, and none while nobody sees the page.

import { useSyncExternalStore } from "react";

class Ticker {
  private at = Date.now();
  private readonly heard = new Set<() => void>();
  private timer: ReturnType<typeof setInterval> | undefined;
  private readonly everyMs: number;

  constructor(everyMs: number) {
    this.everyMs = everyMs;
    document.addEventListener("visibilitychange", () => this.tick());
  }

  readonly now = (): number => this.at;

  readonly subscribe = (heard: () => void): (() => void) => {
    if (this.heard.size === 0) {
      this.at = Date.now();
      this.timer = setInterval(() => this.tick(), this.everyMs);
    }
    this.heard.add(heard);
    return () => {
      this.heard.delete(heard);
      if (this.heard.size === 0) clearInterval(this.timer);
    };
  };

  private tick(): void {
    if (document.hidden) return;
    this.at = Date.now();
    for (const each of this.heard) each();
  }
}

const tickers = new Map<number, Ticker>();

function tickerOf(everyMs: number): Ticker {
  const found = tickers.get(everyMs) ?? new Ticker(everyMs);
  tickers.set(everyMs, found);
  return found;
}

/** Now, in ms; the component is drawn again every so many ms. */
export function useNow(everyMs = 1000): number {
  const ticker = tickerOf(everyMs);
  return useSyncExternalStore(ticker.subscribe, ticker.now);
}

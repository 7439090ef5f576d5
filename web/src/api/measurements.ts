// What this page has measured of its connection: round trips, errors, losses.

const KEPT = 120;

export interface Measured {
  /** The last round trips of calls, in ms, the newest last. */
  readonly roundTripsMs: readonly number[];
  readonly calls: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly notifications: number;
  /** How often the connection was lost. */
  readonly drops: number;
  readonly bytesIn: number;
}

export class Measurements {
  private readonly roundTrips: number[] = [];
  private counts = { calls: 0, errors: 0, timeouts: 0, notifications: 0, drops: 0, bytesIn: 0 };

  roundTrip(ms: number): void {
    this.roundTrips.push(ms);
    if (this.roundTrips.length > KEPT) this.roundTrips.shift();
  }

  count(what: "calls" | "errors" | "timeouts" | "notifications" | "drops" | "bytesIn", by = 1): void {
    this.counts[what] += by;
  }

  get now(): Measured {
    return { roundTripsMs: [...this.roundTrips], ...this.counts };
  }
}

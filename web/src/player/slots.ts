// Which cameras of a page show live video, where the device does not bear all.

export class LiveSlots {
  private readonly heard = new Set<() => void>();
  private readonly wanted = new Map<string, number>();
  private live = new Set<string>();
  private most: number;

  constructor(most: number) {
    this.most = most;
  }

  readonly subscribe = (heard: () => void): (() => void) => {
    this.heard.add(heard);
    return () => this.heard.delete(heard);
  };

  has(device: string): boolean {
    return this.live.has(device);
  }

  setMost(most: number): void {
    if (most === this.most) return;
    this.most = most;
    this.share();
  }

  /** A camera is in view, at this place of the page. */
  want(device: string, place: number): void {
    if (this.wanted.get(device) === place) return;
    this.wanted.set(device, place);
    this.share();
  }

  release(device: string): void {
    if (this.wanted.delete(device)) this.share();
  }

  /** Who is live stays so while it is in view; free slots go by place. */
  private share(): void {
    const kept = [...this.live].filter((device) => this.wanted.has(device)).slice(0, this.most);
    const others = [...this.wanted]
      .filter(([device]) => !kept.includes(device))
      .sort(([, one], [, other]) => one - other)
      .map(([device]) => device);
    const now = new Set([...kept, ...others.slice(0, this.most - kept.length)]);
    if (now.size === this.live.size && [...now].every((device) => this.live.has(device))) return;
    this.live = now;
    for (const each of this.heard) each();
  }
}

/** As many as this device bears: one on a phone, four at a desk. */
export function bearable(): number {
  return matchMedia("(pointer: coarse) and (max-width: 48rem)").matches ? 1 : 4;
}

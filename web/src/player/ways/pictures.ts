// Single pictures, one a second, asked for by ETag: nothing is sent twice, and nothing is kept open.

import { BASE } from "../../api/base";
import {
  ANSWERED_MS,
  NoWay,
  Rate,
  refusal,
  within,
  type Screen,
  type Stats,
  type Way,
  type Why,
} from "./way";

const EVERY_MS = 1000;
/** camsvc asks for patience when it is asked too often. */
const PATIENCE_MS = 3000;

export class Pictures implements Way {
  static readonly way = "pictures";
  readonly name = "pictures";
  private readonly url: string;
  private readonly image: HTMLImageElement;
  private readonly abort = new AbortController();
  private etag: string | null = null;
  private count = 0;
  private bytes = 0;
  private over = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly byteRate = new Rate();
  private readonly frameRate = new Rate();

  constructor(device: string, { image }: Screen) {
    this.url = `${BASE}cameras/${device}/preview.jpg`;
    this.image = image;
  }

  static impossible(): Why | null {
    return null;
  }

  async start(): Promise<void> {
    await within(ANSWERED_MS, this.ask(), new NoWay("no-picture"));
    this.goOn(EVERY_MS);
  }

  private goOn(pauseMs: number): void {
    if (this.over) return;
    this.timer = setTimeout(() => {
      const began = performance.now();
      this.ask().then(
        () => this.goOn(Math.max(100, EVERY_MS - (performance.now() - began))),
        (why: unknown) => {
          if ((why as { status?: number }).status === 429) this.goOn(PATIENCE_MS);
          else this.over = true;
        },
      );
    }, pauseMs);
  }

  private async ask(): Promise<void> {
    const headers: HeadersInit = this.etag ? { "If-None-Match": this.etag } : {};
    const response = await fetch(this.url, { headers, cache: "no-store", signal: this.abort.signal });
    if (response.status === 304) return;
    if (!response.ok) throw await refusal(response);
    const jpeg = await response.blob();
    if (this.over) throw new NoWay("ended");
    this.etag = response.headers.get("ETag");
    this.bytes += jpeg.size;
    await this.show(jpeg);
  }

  private async show(jpeg: Blob): Promise<void> {
    const before = this.image.src;
    this.image.src = URL.createObjectURL(jpeg);
    if (before) URL.revokeObjectURL(before);
    await this.image.decode().catch(() => undefined);
    this.count += 1;
  }

  frames(): number {
    return this.over ? -1 : this.count;
  }

  stats(): Promise<Stats> {
    const bytes = this.byteRate.of(this.bytes);
    return Promise.resolve({
      width: this.image.naturalWidth,
      height: this.image.naturalHeight,
      fps: this.frameRate.of(this.count),
      bitsPerSecond: bytes === undefined ? undefined : bytes * 8,
    });
  }

  stop(): void {
    this.over = true;
    clearTimeout(this.timer);
    this.abort.abort();
    if (this.image.src) URL.revokeObjectURL(this.image.src);
    this.image.removeAttribute("src");
  }
}

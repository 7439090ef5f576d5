// The service's figures over time, as long as this page has looked: camsvc keeps none of the past.

import type { Metrics } from "../../api/types";
import type { Point } from "../../parts/Plot";

export const LOOK_MS = 5000;
export const SPAN_MS = 15 * 60_000;

export interface Figures {
  cpu: number;
  memory: number;
  viewers: number;
  /** Bit/s to all viewers; null before the second look. */
  sent: number | null;
}

/** Bytes that went out between two looks. A stream that began anew counts from nothing. */
export function bytesBetween(before: Metrics, now: Metrics): number {
  let bytes = 0;
  for (const [device, { bytes_sent: sent }] of Object.entries(now.camera_metrics.cameras)) {
    const earlier = before.camera_metrics.cameras[device]?.bytes_sent ?? 0;
    bytes += sent >= earlier ? sent - earlier : sent;
  }
  return bytes;
}

export interface Look {
  at: number;
  figures: Figures;
}

/** What has been seen, oldest first; whoever subscribes is told of each look. */
export class History {
  private looks: readonly Look[] = [];
  private last: { at: number; metrics: Metrics } | null = null;
  private readonly heard = new Set<() => void>();

  readonly all = (): readonly Look[] => this.looks;

  readonly subscribe = (heard: () => void): (() => void) => {
    this.heard.add(heard);
    return () => this.heard.delete(heard);
  };

  add(metrics: Metrics, at: number): void {
    const before = this.last;
    if (before && at <= before.at) return;
    const sent = before ? (8000 * bytesBetween(before.metrics, metrics)) / (at - before.at) : null;
    const { cpu_usage: cpu, memory_usage: memory } = metrics.system_metrics;
    const figures = { cpu, memory, viewers: metrics.stream_metrics.total_viewers, sent };
    this.looks = [...this.looks.filter((look) => look.at >= at - SPAN_MS), { at, figures }];
    this.last = { at, metrics };
    for (const each of this.heard) each();
  }
}

export function pointsOf(looks: readonly Look[], name: keyof Figures): Point[] {
  return looks.flatMap(({ at, figures }) => {
    const value = figures[name];
    return value === null ? [] : [{ at, value }];
  });
}

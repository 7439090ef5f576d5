// A value over time as a line. Drawn as SVG: it takes the page's colours by itself and can be read out.

import { useId, useState, type PointerEvent } from "react";

import { shortTime, time } from "../i18n/format";
import styles from "./Plot.module.css";

export interface Point {
  /** In ms. */
  at: number;
  value: number;
}

interface PlotProps {
  title: string;
  points: readonly Point[];
  /** How far it reaches back, in ms. */
  spanMs: number;
  /** Now, in ms: its right edge. */
  now: number;
  /** What the upper edge is at least. */
  most?: number;
  format: (value: number) => string;
}

const WIDTH = 600;
const HEIGHT = 120;
/** Between two points further apart nobody has looked: there is no line. */
const GAP_MS = 20_000;

/** A line through the points; a point that stands alone is a dot. */
function pathOf(points: readonly Point[], place: (point: Point) => [number, number]): string {
  const near = (one: Point | undefined, other: Point | undefined) =>
    one && other && Math.abs(other.at - one.at) <= GAP_MS;
  return points
    .map((point, number) => {
      const [x, y] = place(point);
      const joined = near(points[number - 1], point);
      const alone = !joined && !near(point, points[number + 1]);
      return `${joined ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}${alone ? "h0" : ""}`;
    })
    .join("");
}

/** A round number at or above a value, for the upper edge. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const step = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((each) => each * step >= value) ?? 10) * step;
}

export function Plot({ title, points, spanMs, now, most = 0, format }: PlotProps) {
  const [seen, see] = useState<Point | null>(null);
  const id = useId();
  const shown = points.filter(({ at }) => at >= now - spanMs);
  const last = shown.at(-1);
  const top = roundUp(Math.max(most, ...shown.map(({ value }) => value)));
  const place = ({ at, value }: Point): [number, number] => [
    (1 - (now - at) / spanMs) * WIDTH,
    HEIGHT - (Math.min(value, top) / top) * (HEIGHT - 4) - 2,
  ];
  const line = pathOf(shown, place);
  const look = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const at = now - spanMs * (1 - (event.clientX - box.left) / box.width);
    const nearest = shown.reduce<Point | null>(
      (best, point) => (best && Math.abs(best.at - at) <= Math.abs(point.at - at) ? best : point),
      null,
    );
    see(nearest);
  };
  const marked = seen && shown.includes(seen) ? seen : null;
  const told = marked ?? last;
  return (
    <figure className={styles.plot} aria-labelledby={id}>
      <figcaption id={id} className={styles.caption}>
        <span>{title}</span>
        <span className={styles.value}>
          {told ? format(told.value) : "–"}
          {marked && <span className={styles.at}> {time(marked.at)}</span>}
        </span>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        onPointerMove={look}
        onPointerLeave={() => see(null)}
      >
        <path className={styles.grid} d={`M0 ${HEIGHT / 2}H${WIDTH}M0 1H${WIDTH}M0 ${HEIGHT - 1}H${WIDTH}`} />
        <path className={styles.line} d={line} />
        {marked && <path className={styles.mark} d={`M${place(marked)[0].toFixed(1)} 0V${HEIGHT}`} />}
      </svg>
      <div className={styles.scale} aria-hidden="true">
        <span>{shortTime(now - spanMs)}</span>
        {shown.length > 1 && <span>{`0 – ${format(top)}`}</span>}
        <span>{shortTime(now)}</span>
      </div>
    </figure>
  );
}

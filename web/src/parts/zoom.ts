// Digital zoom: by wheel, by two fingers, by dragging and by keys. Pure where it can be.

export interface Zoom {
  /** 1 to 8. */
  scale: number;
  /** Of the middle of what is shown from the picture's own middle, as a share of its size. */
  x: number;
  y: number;
}

export const WHOLE: Zoom = { scale: 1, x: 0, y: 0 };
const MOST = 8;

const clamp = (value: number, most: number) => Math.max(-most, Math.min(most, value));

/** Nothing beyond the picture's edges. */
export function bounded({ scale, x, y }: Zoom): Zoom {
  const in_ = Math.max(1, Math.min(MOST, scale));
  const most = (1 - 1 / in_) / 2;
  return { scale: in_, x: clamp(x, most) || 0, y: clamp(y, most) || 0 }; // no -0
}

/** Zoom by a factor, with the point at (px, py) staying where it is: shares of the place, from its middle. */
export function zoomedAt(zoom: Zoom, factor: number, px: number, py: number): Zoom {
  const scale = Math.max(1, Math.min(MOST, zoom.scale * factor));
  const by = 1 / zoom.scale - 1 / scale;
  return bounded({ scale, x: zoom.x + px * by, y: zoom.y + py * by });
}

/** Moved with the finger: shares of the place. */
export function panned(zoom: Zoom, dx: number, dy: number): Zoom {
  return bounded({ scale: zoom.scale, x: zoom.x - dx / zoom.scale, y: zoom.y - dy / zoom.scale });
}

export function transformOf({ scale, x, y }: Zoom): string {
  return scale === 1 ? "none" : `scale(${scale}) translate(${0 - x * 100}%, ${0 - y * 100}%)`;
}

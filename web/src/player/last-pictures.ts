// The last picture of each camera, for when its place is drawn again before a live one comes.

/** Of a picture that is kept: as much as a tile shows. */
const WIDTH = 640;
/** Pictures that are kept; the one that was kept first goes. */
const MOST = 16;

export interface LastPicture {
  readonly picture: HTMLCanvasElement;
  /** When it was new, in ms. */
  readonly at: number;
}

const kept = new Map<string, LastPicture>();

/** Draw a picture as large as fits, into a canvas that takes on its shape; false where there is nothing to draw. */
export function drawInto(canvas: HTMLCanvasElement, shown: CanvasImageSource, most: number): boolean {
  const { width, height } = sizeOf(shown);
  const drawing = width && height ? canvas.getContext("2d") : null;
  if (!drawing) return false;
  const scale = Math.min(1, most / width);
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  try {
    drawing.drawImage(shown, 0, 0, canvas.width, canvas.height);
    return true;
  } catch {
    return false; // a picture that is broken
  }
}

function sizeOf(shown: CanvasImageSource): { width: number; height: number } {
  if (shown instanceof HTMLVideoElement) return { width: shown.videoWidth, height: shown.videoHeight };
  if (shown instanceof HTMLImageElement) return { width: shown.naturalWidth, height: shown.naturalHeight };
  return shown instanceof HTMLCanvasElement ? shown : { width: 0, height: 0 };
}

export function keepPicture(device: string, shown: CanvasImageSource, at: number): void {
  const picture = kept.get(device)?.picture ?? document.createElement("canvas");
  if (!drawInto(picture, shown, WIDTH)) return;
  kept.delete(device);
  kept.set(device, { picture, at });
  const [oldest] = kept.keys();
  if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
}

export function lastPicture(device: string): LastPicture | undefined {
  return kept.get(device);
}

/** Whoever is there next may not have the right to see them. */
export function forgetPictures(): void {
  kept.clear();
}

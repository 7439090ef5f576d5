// The last picture of a camera, which stays while no new one comes.

const WIDTH = 960;

export class Freeze {
  private readonly canvas: HTMLCanvasElement;

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
    canvas.hidden = true;
  }

  /** Keep what is shown now. */
  take(shown: HTMLVideoElement | HTMLImageElement): void {
    const width = shown instanceof HTMLVideoElement ? shown.videoWidth : shown.naturalWidth;
    const height = shown instanceof HTMLVideoElement ? shown.videoHeight : shown.naturalHeight;
    const drawing = width && height ? this.canvas.getContext("2d") : null;
    if (!drawing) return;
    const scale = Math.min(1, WIDTH / width);
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    try {
      drawing.drawImage(shown, 0, 0, this.canvas.width, this.canvas.height);
      this.canvas.hidden = false;
    } catch {
      this.canvas.hidden = true; // a picture that is broken
    }
  }

  /** A live one is there. */
  melt(): void {
    this.canvas.hidden = true;
    this.canvas.width = this.canvas.height = 0; // its memory
  }
}

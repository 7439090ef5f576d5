// The last picture of a camera, which stays while no new one comes.

import { drawInto } from "./last-pictures";

const WIDTH = 960;

export class Freeze {
  private readonly canvas: HTMLCanvasElement;

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
    canvas.hidden = true;
  }

  /** Keep what is shown now; false where nothing is. */
  take(shown: HTMLVideoElement | HTMLImageElement | HTMLCanvasElement): boolean {
    const taken = drawInto(this.canvas, shown, WIDTH);
    if (taken) this.canvas.hidden = false;
    return taken;
  }

  /** A live one is there. */
  melt(): void {
    this.canvas.hidden = true;
    this.canvas.width = this.canvas.height = 0; // its memory
  }
}

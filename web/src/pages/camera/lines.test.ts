import { describe, expect, it } from "vitest";

import { lasting, quoted, readyLines } from "./lines";

const urls = {
  rtsp: "rtsp://host:8554/camera0?ticket=abc",
  webrtc: "http://host:8002/live/camera0/whep?ticket=abc",
  preview: "http://host:8002/cameras/camera0/preview.jpg?ticket=abc",
};

describe("readyLines", () => {
  it("cannot be broken out of by a name", () => {
    const name = `Gate"\n$(reboot): 'x' <b>`;
    for (const { program, text } of readyLines(name, "camera0", urls)) {
      if (program === "Home Assistant") expect(text).toContain(`name: ${JSON.stringify(name)}`);
      else expect(text, program).not.toContain("reboot):");
    }
  });

  it("has the ticket only where it is used at once, and else a place for a key that lasts", () => {
    const lines = Object.fromEntries(
      readyLines("Gate", "camera0", urls).map(({ program, text }) => [program, text]),
    );
    expect(lines.ffplay).toBe("ffplay -rtsp_transport tcp 'rtsp://host:8554/camera0?ticket=abc'");
    expect(lines.OBS).toBe("rtsp://host:8554/camera0?token=API_KEY");
    expect(lines.Frigate).toContain('path: "rtsp://host:8554/camera0?token=API_KEY"');
    expect(lines.Frigate).not.toContain("abc");
  });

  it("offers nothing where there is nothing", () => {
    expect(readyLines("Gate", "camera0", {})).toEqual([]);
    expect(lasting("rtsp://x/y")).toBe("rtsp://x/y?token=API_KEY");
    expect(quoted("it's")).toBe(`'it'\\''s'`);
  });
});

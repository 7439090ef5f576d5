import { describe, expect, it } from "vitest";

import type { CameraView } from "../../api/types";
import { changed, DEFAULT, formOf, modeOptions } from "./camera-settings";

const camera: CameraView = {
  device: "camera0",
  status: "CONNECTED",
  name: "Gate",
  resolution: "640x480",
  fps: 30,
  streams: {},
  kind: "usb",
  recording: false,
  always_on: true,
  config: { mode: "MJPG 640x480", always_on: false },
};

describe("settings of a camera", () => {
  it("are shown as they are", () => {
    expect(formOf(camera)).toEqual({ name: null, mode: "MJPG 640x480", always: "off", microphone: DEFAULT });
    expect(formOf({ ...camera, config: { microphone: false } })).toEqual({
      name: null,
      mode: DEFAULT,
      always: DEFAULT,
      microphone: "off",
    });
  });

  it("are sent where they are others, and given back by null", () => {
    expect(changed(camera, formOf(camera))).toEqual({});
    expect(changed(camera, { name: " Yard ", mode: DEFAULT, always: "on", microphone: "on" })).toEqual({
      name: "Yard",
      mode: null,
      always_on: true,
      microphone: true,
    });
    expect(changed(camera, { name: "", mode: "MJPG 640x480", always: DEFAULT, microphone: DEFAULT })).toEqual(
      {
        name: null,
        always_on: null,
      },
    );
  });

  it("name each mode, also one that is set and not offered now", () => {
    const modes = [{ format: "MJPG", width: 640, height: 480, fps: [30, 7.5] }];
    expect(modeOptions(modes, DEFAULT)).toEqual([
      { value: "MJPG 640x480 30", label: "MJPG 640 × 480 · 30 fps" },
      { value: "MJPG 640x480 7.5", label: "MJPG 640 × 480 · 7.5 fps" },
    ]);
    expect(modeOptions(modes, "YUYV 800x600")[0]).toEqual({ value: "YUYV 800x600", label: "YUYV 800 × 600" });
    expect(modeOptions(modes, "MJPG 640x480 30")).toHaveLength(2);
  });
});

import { beforeEach, describe, expect, it, vi } from "vitest";

import { Failure } from "../api/failure";
import { startRecording, stopRecording } from "./actions";
import { call } from "./connection";
import { store } from "./store";

vi.mock("./connection", () => ({ call: vi.fn() }));
const answered = vi.mocked(call);

const camera = {
  device: "camera0",
  status: "CONNECTED" as const,
  name: "<b>Gate</b>",
  resolution: "",
  fps: 0,
  streams: {},
  kind: "test",
  recording: false,
  always_on: false,
  config: {},
};

beforeEach(() => {
  store.setState({ ...store.getInitialState(), cameras: { camera0: camera } }, true);
  answered.mockReset();
});

describe("a recording", () => {
  it("shows at once, and is taken back with the reason when it is refused", async () => {
    const refused = new Failure("refused", "There is no room", {
      code: -32020,
      data: { reason: "no_space", free_bytes: 1e9, required_bytes: 5e9 },
    });
    answered.mockRejectedValue(refused);
    const begun = startRecording("camera0");
    expect(store.getState().cameras.camera0?.recording).toBe(true);
    expect(store.getState().pending).toEqual({ camera0: "starting" });
    await begun;
    const { cameras, recordings, pending, notices } = store.getState();
    expect(cameras.camera0?.recording).toBe(false);
    expect([recordings, pending]).toEqual([{}, {}]);
    expect(notices).toMatchObject([
      {
        kind: "bad",
        text: "<b>Gate</b> is not recorded.",
        explained: { detail: { text: "1 GB are free, and 5 GB must stay free." } },
      },
    ]);
  });

  it("keeps its name and its beginning once it is accepted", async () => {
    answered.mockResolvedValue({ filename: "a.mp4" });
    await startRecording("camera0", { format: "mkv" });
    expect(answered).toHaveBeenCalledWith("start_recording", { device: "camera0", format: "mkv" });
    expect(store.getState().recordings.camera0).toMatchObject({ filename: "a.mp4", confirmed: false });
  });

  it("goes on where its end is refused", async () => {
    answered.mockResolvedValue({ filename: "a.mp4" });
    await startRecording("camera0");
    answered.mockRejectedValue(new Failure("offline", "no connection"));
    await stopRecording("camera0");
    const { recordings, notices, cameras } = store.getState();
    expect(recordings.camera0?.filename).toBe("a.mp4");
    expect(cameras.camera0?.recording).toBe(true);
    expect(notices).toHaveLength(1);
  });
});

import { describe, expect, it } from "vitest";

import type { FileView, Metrics, ServiceStatus, StorageInfo } from "../../api/types";
import { findings } from "./findings";
import { bytesBetween, History, pointsOf, SPAN_MS } from "./history";
import { bytesPerDay, daysLeft, shares } from "./storage";
import { programOf } from "./user-agent";

const GB = 1e9;
const DAY_MS = 86_400_000;
const NOW = Date.parse("2026-03-10T12:00:00Z");

const info = (more: Partial<StorageInfo> = {}): StorageInfo => ({
  total_space: 100 * GB,
  used_space: 60 * GB,
  available_space: 40 * GB,
  usage_percentage: 60,
  recordings_size: 30 * GB,
  snapshots_size: GB,
  exports_size: 0,
  pre_record_size: 0,
  low_space_warning: false,
  state: "ok",
  message: "",
  required_space: GB,
  ...more,
});

const file = (daysAgo: number, size: number) =>
  ({ created_time: new Date(NOW - daysAgo * DAY_MS).toISOString(), file_size: size }) as FileView;

describe("storage", () => {
  it("shares the whole disk out, each share where the one before it ends", () => {
    const all = shares(info());
    expect(all.map(({ name, bytes }) => [name, bytes / GB])).toEqual([
      ["recordings", 30],
      ["snapshots", 1],
      ["other", 29],
      ["free", 40],
    ]);
    expect(all.map(({ begin }) => begin / GB)).toEqual([0, 30, 31, 60]);
    expect(shares(info({ snapshots_size: 0 })).map(({ name }) => name)).not.toContain("snapshots");
    expect(
      shares(info({ exports_size: 2 * GB, pre_record_size: GB })).map(({ name, bytes }) => [
        name,
        bytes / GB,
      ]),
    ).toEqual([
      ["recordings", 30],
      ["snapshots", 1],
      ["exports", 2],
      ["before", 1],
      ["other", 26],
      ["free", 40],
    ]);
    expect(shares(info({ used_space: GB, recordings_size: 2 * GB }))[2]?.name).toBe("free");
  });

  it("tells the rate of the last days, not of files older than those", () => {
    expect(bytesPerDay([file(1, 7 * GB), file(6.9, 7 * GB), file(30, 900 * GB)], 3, NOW)).toBeCloseTo(
      2 * GB,
      -7,
    );
  });

  it("tells the rate of a camsvc that is younger than a week by its own age", () => {
    expect(bytesPerDay([file(1, 2 * GB), file(2, 2 * GB)], 2, NOW)).toBeCloseTo(2 * GB, -7);
  });

  it("tells the rate of the time that the list spans where there are more files", () => {
    expect(bytesPerDay([file(0.5, GB), file(1, GB)], 500, NOW)).toBeCloseTo(2 * GB, -7);
  });

  it("tells no rate where nothing was recorded, and no end that is years away", () => {
    expect(bytesPerDay([file(8, GB)], 1, NOW)).toBeNull();
    expect(bytesPerDay([], 0, NOW)).toBeNull();
    expect(daysLeft(info(), null)).toBeNull();
    expect(daysLeft(info(), 4 * GB)).toBe(10);
    expect(daysLeft(info(), 1000)).toBeNull();
  });
});

const metrics = (bytes: Record<string, number>) =>
  ({
    system_metrics: { cpu_usage: 12, memory_usage: 34, disk_usage: 0, goroutines: 1 },
    camera_metrics: {
      connected_cameras: 0,
      cameras: Object.fromEntries(
        Object.entries(bytes).map(([device, sent]) => [
          device,
          { status: "CONNECTED", readers: 0, bytes_sent: sent, fps: 0 },
        ]),
      ),
    },
    stream_metrics: { active_streams: 0, total_streams: 0, total_viewers: 5 },
  }) as unknown as Metrics;

describe("history", () => {
  it("counts what was sent between two looks; a stream that began anew from nothing", () => {
    expect(
      bytesBetween(metrics({ camera0: 100, camera1: 900 }), metrics({ camera0: 150, camera1: 30 })),
    ).toBe(80);
    expect(bytesBetween(metrics({}), metrics({ camera2: 7 }))).toBe(7);
  });

  it("keeps its span, tells whoever subscribed, and takes each look once", () => {
    const history = new History();
    let told = 0;
    const end = history.subscribe(() => (told += 1));
    history.add(metrics({ camera0: 0 }), 1000);
    history.add(metrics({ camera0: 0 }), 1000);
    history.add(metrics({ camera0: 1000 }), 2000);
    expect(told).toBe(2);
    expect(pointsOf(history.all(), "viewers")).toEqual([
      { at: 1000, value: 5 },
      { at: 2000, value: 5 },
    ]);
    expect(pointsOf(history.all(), "sent")).toEqual([{ at: 2000, value: 8000 }]);
    end();
    history.add(metrics({ camera0: 1000 }), 2000 + SPAN_MS);
    expect(told).toBe(2);
    expect(history.all().map(({ at }) => at)).toEqual([2000, 2000 + SPAN_MS]);
  });
});

const status = (components: Record<string, string>, health = "HEALTHY"): ServiceStatus => ({
  status: health,
  uptime: 1,
  version: "1",
  components,
  integrations: {},
});

describe("findings", () => {
  it("are none where all is well", () => {
    expect(findings({ status: status({ mediamtx: "RUNNING" }), storage: info(), cameras: [] })).toEqual([]);
  });

  it("do not count a watch for cameras that is switched off", () => {
    const off = status({ camera_monitor: "STOPPED", mediamtx: "RUNNING" });
    expect(findings({ status: off, storage: undefined, cameras: [] })).toEqual([]);
  });

  it("say what does not work and what to do, the worst first", () => {
    const camera = { device: "camera0", name: "Gate", status: "ERROR", error: "the stream needs a password" };
    const found = findings({
      status: status({ mediamtx: "ERROR", camera_monitor: "STARTING" }, "UNHEALTHY"),
      storage: info({ low_space_warning: true }),
      cameras: [camera as never],
    });
    expect(found.map(({ key, tone }) => [key, tone])).toEqual([
      ["mediamtx", "bad"],
      ["camera0", "bad"],
      ["camera_monitor", "warn"],
      ["space", "warn"],
    ]);
    for (const { what, todo } of found) expect([what, todo]).not.toContain("");
    expect(found[1]?.what).toContain("Gate");
    expect(found[1]?.todo).toEqual({ text: "the stream needs a password" });
  });

  it("say how the disk is, and offer to take another one", () => {
    for (const state of ["low", "full", "read_only", "gone", "foreign"]) {
      const found = findings({ status: undefined, storage: info({ state }), cameras: [] });
      expect(found.map(({ key, act }) => [key, act])).toEqual([
        ["disk", state === "foreign" ? "accept_volume" : undefined],
      ]);
    }
  });

  it("are never none where camsvc says that something is wrong", () => {
    expect(findings({ status: status({}, "DEGRADED"), storage: undefined, cameras: [] })).toHaveLength(1);
  });
});

describe("programOf", () => {
  it.each([
    [
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
      "Chrome 140, Linux",
    ],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox 140, Linux"],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
      "Safari 18, iOS",
    ],
    ["AutobahnPython/26.1", "AutobahnPython/26.1"],
    ["", null],
  ])("%s", (agent, program) => {
    expect(programOf(agent)).toBe(program);
  });
});

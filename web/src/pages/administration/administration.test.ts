import { describe, expect, it } from "vitest";

import { firstPassword } from "./passwords";
import { formOf, isWrong, onDemand, paramsOf, withCamera, wrongIn } from "./retention";
import { withLogin, withoutLogin } from "./stream-url";

describe("retention", () => {
  const policy = {
    policy_type: "age",
    enabled: true,
    max_age_days: 30,
    min_free_gb: 2.5,
    per_camera: [{ device: "camera1", max_size_gb: 10 }],
    message: "",
  };

  it("goes through the form as it was", () => {
    expect(paramsOf(formOf(policy))).toEqual({
      policy_type: "age",
      enabled: true,
      max_age_days: 30,
      min_free_gb: 2.5,
      per_camera: [{ device: "camera1", max_size_gb: 10 }],
    });
  });

  it("takes numbers as people of both languages write them", () => {
    expect(paramsOf({ ...formOf(policy), days: " 0,5 " }).max_age_days).toBe(0.5);
    expect(paramsOf({ ...formOf(policy), days: "0.5" }).max_age_days).toBe(0.5);
  });

  it("leaves out what does not count, and cameras without a limit", () => {
    const form = { ...formOf(policy), type: "size" as const, gigabytes: "100" };
    const params = paramsOf(
      withCamera(withCamera(form, "camera1", { gigabytes: "" }), "camera2", { days: "7" }),
    );
    expect(params.max_age_days).toBeUndefined();
    expect(params.max_size_gb).toBe(100);
    expect(params.per_camera).toEqual([{ device: "camera2", max_age_days: 7 }]);
  });

  it("is tried out by limits that delete nothing by themselves, and are the same", () => {
    const params = paramsOf(formOf(policy));
    expect(onDemand(params)).toEqual({ ...params, policy_type: "manual" });
    expect(onDemand({ policy_type: "size", enabled: false, max_size_gb: 1 }).enabled).toBe(true);
  });

  it("knows what stands wrongly in the form", () => {
    const form = formOf(policy);
    expect(isWrong(wrongIn(form))).toBe(false);
    expect(wrongIn({ ...form, days: "" }).days).toBe(true);
    expect(wrongIn({ ...form, days: "soon" }).days).toBe(true);
    expect(wrongIn({ ...form, days: "-1" }).days).toBe(true);
    expect(wrongIn({ ...form, type: "all", days: "" }).days).toBe(false);
    expect(wrongIn({ ...form, type: "size" }).gigabytes).toBe(true);
    expect(wrongIn({ ...form, free: "0" }).free).toBe(false);
    expect(wrongIn({ ...form, free: "x" }).free).toBe(true);
    expect(wrongIn(withCamera(form, "camera0", { days: "x" })).cameras).toEqual(["camera0"]);
  });
});

describe("withoutLogin", () => {
  it("takes away what stands before the host, and nothing else", () => {
    expect(withoutLogin("rtsp://ann:***@cam:554/s@x")).toBe("rtsp://cam:554/s@x");
    expect(withoutLogin("rtsp://cam/s?x=a@b")).toBe("rtsp://cam/s?x=a@b");
  });
});

describe("withLogin", () => {
  it("puts a login into an address, whatever characters it has", () => {
    expect(withLogin("rtsp://cam:554/s?x=1", "ann", "p@ss:/?#[]'é")).toBe(
      "rtsp://ann:p%40ss%3A%2F%3F%23%5B%5D%27%C3%A9@cam:554/s?x=1",
    );
  });

  it("takes the place of the one that is there, and leaves that alone without a user", () => {
    expect(withLogin("rtsp://old:word@cam/s", "ann", "b")).toBe("rtsp://ann:b@cam/s");
    expect(withLogin("rtsp://old:word@cam/s", "", "b")).toBe("rtsp://old:word@cam/s");
  });
});

describe("firstPassword", () => {
  it("is long enough, can be said, and is another each time", () => {
    const made = Array.from({ length: 50 }, firstPassword);
    for (const each of made) expect(each).toMatch(/^([a-hj-km-np-tv-z2-9]{4}-){3}[a-hj-km-np-tv-z2-9]{4}$/);
    expect(new Set(made).size).toBe(50);
  });
});

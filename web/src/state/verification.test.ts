import { beforeEach, describe, expect, it, vi } from "vitest";

import { Failure } from "../api/failure";
import type { VerdictView } from "../api/types";
import { call } from "./connection";
import { cancelVerification, current, verify } from "./verification";

vi.mock("./connection", () => ({ call: vi.fn() }));
const answered = vi.mocked(call);

const verdict = (status: string, checked: number): VerdictView => ({
  verify_id: 7,
  status,
  progress: checked / 10,
  checked,
  ok: checked,
  total_findings: 0,
  findings: [],
});

beforeEach(() => answered.mockReset());

describe("a verification", () => {
  it("is begun once, and asked for by its number until it has ended", async () => {
    answered.mockResolvedValueOnce(verdict("RUNNING", 3));
    answered.mockResolvedValueOnce(verdict("RUNNING", 6));
    answered.mockResolvedValueOnce(verdict("DONE", 10));
    const done = verify(true);
    expect(current().running).toBe(true);
    await verify(false); // one is under way
    await done;
    expect(answered.mock.calls.map(([, params]) => params)).toEqual([
      { repair: true },
      { verify_id: 7 },
      { verify_id: 7 },
    ]);
    expect(current()).toMatchObject({
      running: false,
      failure: null,
      verdict: { status: "DONE", checked: 10 },
    });
  });

  it("keeps what was found where the connection is lost, and says so", async () => {
    answered.mockResolvedValueOnce(verdict("RUNNING", 3));
    answered.mockRejectedValueOnce(new Failure("offline", "no connection"));
    await verify(false);
    expect(current()).toMatchObject({
      running: false,
      verdict: { checked: 3 },
      failure: { kind: "offline" },
    });
  });

  it("can be given up", async () => {
    answered.mockResolvedValueOnce(verdict("CANCELLED", 3));
    await cancelVerification();
    expect(answered).toHaveBeenCalledWith("verify_library", { cancel: true });
  });
});

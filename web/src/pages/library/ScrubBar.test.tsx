import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { loadStrip } from "../../api/strips";
import { ScrubBar } from "./ScrubBar";

vi.mock("../../api/strips", async (original) => ({
  ...(await original<typeof import("../../api/strips")>()),
  loadStrip: vi.fn(),
}));
const cue = { y: 0, width: 160, height: 90 };

beforeEach(() => {
  vi.spyOn(Element.prototype, "getBoundingClientRect").mockReturnValue(new DOMRect(100, 0, 200, 40));
  Element.prototype.setPointerCapture = () => undefined;
  vi.mocked(loadStrip).mockResolvedValue({
    picture: "/files/strips/a.mp4.jpg",
    cues: [
      { ...cue, from: 0, to: 60, x: 0 },
      { ...cue, from: 60, to: 120, x: 160 },
    ],
  });
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function bar(seek = vi.fn()) {
  const { container } = render(<ScrubBar at={30} duration={120} file="a.mp4" onSeek={seek} />);
  const slider = screen.getByRole("slider", { name: "Place in the recording" });
  return { seek, slider, whole: slider.closest("div") as Element, container };
}

describe("the bar to scrub by", () => {
  it("says in words where it is", () => {
    expect(bar().slider.getAttribute("aria-valuetext")).toBe("0:30 of 2:00");
  });

  it("asks for the pictures once somebody points at it, and shows that of the place", async () => {
    const { whole, container, seek } = bar();
    expect(loadStrip).not.toHaveBeenCalled();
    fireEvent.pointerMove(whole, { clientX: 250 });
    await waitFor(() =>
      expect(
        container.querySelector<HTMLElement>("[style*=background-image]")?.style.backgroundPosition,
      ).toBe("-160px 0px"),
    );
    expect(screen.getByText("1:30")).toBeTruthy();
    fireEvent.pointerLeave(whole);
    expect(screen.queryByText("1:30")).toBeNull();
    expect([vi.mocked(loadStrip).mock.calls, seek.mock.calls]).toEqual([[["a.mp4"]], []]);
  });

  it("is moved by pointer while that is down, and not past its ends", () => {
    const { whole, seek } = bar();
    fireEvent.pointerDown(whole, { clientX: 150, pointerId: 1 });
    fireEvent.pointerMove(whole, { clientX: 900, pointerId: 1 });
    fireEvent.pointerUp(whole, { pointerId: 1 });
    fireEvent.pointerMove(whole, { clientX: 110, pointerId: 1 });
    expect(seek.mock.calls).toEqual([[30], [120]]);
  });

  it("is moved by keys", () => {
    const { slider, seek } = bar();
    for (const key of ["ArrowRight", "ArrowLeft", "PageUp", "PageDown"]) fireEvent.keyDown(slider, { key });
    expect(seek.mock.calls).toEqual([[35], [25], [60], [0]]);
  });
});

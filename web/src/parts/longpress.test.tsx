import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { useLongPress } from "./longpress";

const short = vi.fn();
const long = vi.fn();

function Pressed() {
  return <button {...useLongPress(short, long)}>press</button>;
}

beforeEach(() => {
  vi.useFakeTimers();
  short.mockClear();
  long.mockClear();
  render(<Pressed />);
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

describe("a press", () => {
  const button = () => screen.getByRole("button");

  it("that lasts does the other thing, and its click nothing", () => {
    fireEvent.pointerDown(button(), { button: 0 });
    vi.advanceTimersByTime(600);
    fireEvent.pointerUp(button());
    fireEvent.click(button());
    expect([short.mock.calls.length, long.mock.calls.length]).toEqual([0, 1]);
    fireEvent.pointerDown(button(), { button: 0 });
    fireEvent.pointerUp(button());
    fireEvent.click(button());
    expect([short.mock.calls.length, long.mock.calls.length]).toEqual([1, 1]);
  });

  it("of the menu key does the other thing, and Enter after it the usual one", () => {
    fireEvent.keyDown(button(), { key: "ContextMenu" });
    fireEvent.contextMenu(button());
    fireEvent.keyDown(button(), { key: "Enter" });
    fireEvent.click(button());
    expect([short.mock.calls.length, long.mock.calls.length]).toEqual([1, 1]);
  });
});

import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { ControlView } from "../../api/types";
import { Control } from "./Control";

afterEach(cleanup);

const brightness: ControlView = {
  name: "brightness",
  label: "Brightness",
  group: "User Controls",
  type: "integer",
  value: 3,
  default: 0,
  min: -10,
  max: 10,
  step: 1,
};

function show(control: ControlView, more: { moved?: number; disabled?: boolean; hint?: string } = {}) {
  const onSet = vi.fn();
  render(
    <Control
      control={control}
      moved={more.moved}
      disabled={more.disabled ?? false}
      hint={more.hint}
      onSet={onSet}
    />,
  );
  return onSet;
}

describe("Control", () => {
  it("is a slider that stands where it was moved, and is told while it moves", () => {
    const onSet = show(brightness, { moved: 7 });
    const slider = screen.getByRole<HTMLInputElement>("slider", { name: "Brightness" });
    expect(slider.value).toBe("7");
    fireEvent.change(slider, { target: { value: "-4" } });
    expect(onSet).toHaveBeenCalledWith(-4, "soon");
  });

  it("is given back by a press, where it is not as the camera has it", () => {
    const onSet = show(brightness);
    fireEvent.click(screen.getByRole("button"));
    expect(onSet).toHaveBeenCalledWith(null, "once");
    cleanup();
    show({ ...brightness, value: 0 });
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("says what it waits for while an automatic control has it, and what is kept where it was set elsewhere", () => {
    show(brightness, { disabled: true, hint: "Auto has it" });
    expect(screen.getByText("Auto has it")).toBeTruthy();
    expect(screen.getByRole<HTMLInputElement>("slider").disabled).toBe(true);
    cleanup();
    show({ ...brightness, kept: 5 });
    expect(screen.getByText(/: 5$/)).toBeTruthy();
  });

  it("is a menu by its items", () => {
    const menu = [
      { value: 1, label: "Manual" },
      { value: 3, label: "Automatic" },
    ];
    const onSet = show({ ...brightness, type: "menu", menu });
    fireEvent.change(screen.getByRole("combobox"), { target: { value: "1" } });
    expect(onSet).toHaveBeenCalledWith(1, "once");
  });

  it("of 64 bits is written, digit for digit, and refuses what is no number", () => {
    const onSet = show({ ...brightness, type: "integer64", value: "1", max: "9223372036854775807" });
    const field = screen.getByRole("textbox");
    fireEvent.change(field, { target: { value: "many" } });
    fireEvent.keyDown(field, { key: "Enter" });
    expect(onSet).not.toHaveBeenCalled();
    fireEvent.change(field, { target: { value: "9223372036854775807" } });
    fireEvent.keyDown(field, { key: "Enter" });
    expect(onSet).toHaveBeenCalledWith("9223372036854775807", "once");
  });

  it("is a button that is pressed", () => {
    const onSet = show({ name: "reset", label: "Reset", group: "", type: "button" });
    fireEvent.click(screen.getByRole("button", { name: "Reset" }));
    expect(onSet).toHaveBeenCalledWith(true, "once");
  });
});

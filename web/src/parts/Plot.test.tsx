import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { Plot, roundUp } from "./Plot";

describe("roundUp", () => {
  it.each([
    [0, 1],
    [1, 1],
    [3, 5],
    [7.2, 10],
    [101, 200],
    [0.03, 0.05],
  ])("%d to %d", (value, edge) => {
    expect(roundUp(value)).toBeCloseTo(edge, 9);
  });
});

describe("Plot", () => {
  const plot = (points: { at: number; value: number }[]) =>
    render(<Plot title="Load" points={points} spanMs={60_000} now={60_000} format={String} />);

  it("tells the last value, and draws no line over a time that nobody looked", () => {
    const { container } = plot([
      { at: 1000, value: 1 },
      { at: 5000, value: 2 },
      { at: 55_000, value: 3 },
    ]);
    expect(screen.getByRole("figure", { name: /Load 3/ })).toBeTruthy();
    const lines = [...container.querySelectorAll("path")].map((path) => path.getAttribute("d") ?? "");
    expect(lines[1]?.match(/[MLh]/g)?.join("")).toBe("MLMh");
  });

  it("has no value where there is nothing yet", () => {
    plot([]);
    expect(screen.getByRole("figure", { name: "Load –" })).toBeTruthy();
  });
});

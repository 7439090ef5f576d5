import { act, render, screen } from "@testing-library/react";
import { Suspense } from "react";
import { expect, it, vi } from "vitest";

import { ErrorBoundary } from "./ErrorBoundary";
import { lazily } from "./lazily";

it("asks again for code that could not be loaded", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const code = vi
    .fn<() => Promise<{ default: () => string }>>()
    .mockRejectedValueOnce(new TypeError("Failed to fetch dynamically imported module"))
    .mockResolvedValue({ default: () => "it is there" });
  const Page = lazily(code);
  await act(async () => {
    render(
      <ErrorBoundary>
        <Suspense>
          <Page />
        </Suspense>
      </ErrorBoundary>,
    );
    await Promise.resolve();
  });
  const [again] = await screen.findAllByRole("button");
  await act(async () => {
    again?.click();
    await Promise.resolve();
  });
  expect(await screen.findByText("it is there")).toBeTruthy();
  expect(code).toHaveBeenCalledTimes(2);
});

import { act, render, screen } from "@testing-library/react";
import { Suspense } from "react";
import { expect, it, vi } from "vitest";

import { t } from "../i18n";
import { ErrorBoundary } from "./ErrorBoundary";
import { lazily } from "./lazily";

it("asks again for code that could not be loaded", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const code = vi
    .fn<() => Promise<{ default: () => string }>>()
    .mockRejectedValueOnce(new Error("Unable to preload CSS for /gone.css"))
    .mockResolvedValue({ default: () => "it is there" });
  const Page = lazily(code);
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet" });
  Object.defineProperty(link, "sheet", { value: null });
  document.head.append(link);
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
  await screen.findByText(t("broken.stale"));
  const [again] = screen.getAllByRole("button");
  await act(async () => {
    again?.click();
    await Promise.resolve();
  });
  expect(await screen.findByText("it is there")).toBeTruthy();
  expect(code).toHaveBeenCalledTimes(2);
  expect(link.isConnected).toBe(false);
});

import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Button, IconButton } from "./Button";
import { copy } from "./clipboard";
import { ErrorBoundary } from "./ErrorBoundary";
import { TextField } from "./Field";
import { enableKeys, useKeys } from "./keys";
import { Trouble } from "./Trouble";
import { onUnavailable } from "./unavailable";

afterEach(() => {
  cleanup();
  enableKeys(true);
});

describe("Button", () => {
  it("that cannot be used now can be reached, does nothing, and says why", () => {
    const pressed = vi.fn();
    const heard = vi.fn();
    const silence = onUnavailable(heard);
    render(<IconButton icon="trash" label="Delete" unavailable="no connection" onClick={pressed} />);
    const button = screen.getByRole("button", { name: "Delete" });
    fireEvent.click(button);
    expect(pressed).not.toHaveBeenCalled();
    expect(heard).toHaveBeenCalledWith("no connection");
    expect(button.getAttribute("aria-disabled")).toBe("true");
    silence();
  });

  it("is not pressed twice while it is at work", () => {
    const pressed = vi.fn();
    render(
      <Button busy onClick={pressed}>
        Go
      </Button>,
    );
    fireEvent.click(screen.getByRole("button", { name: "Go" }));
    expect(pressed).not.toHaveBeenCalled();
  });
});

describe("texts", () => {
  it("of others are text, never markup", () => {
    const hostile = `<img src=x onerror="window.hit=1"><script>window.hit=1</script>`;
    render(<Trouble text={hostile} detail={hostile} suggestion={hostile} requestId={hostile} />);
    expect(screen.getAllByText(hostile)).toHaveLength(3);
    expect(document.querySelector("img, script")).toBeNull();
  });

  it("that are wrong belong to their field", () => {
    render(<TextField label="Name" wrong="too long" />);
    const field = screen.getByLabelText("Name");
    expect(field.getAttribute("aria-invalid")).toBe("true");
    expect(document.getElementById(field.getAttribute("aria-describedby") ?? "")?.textContent).toBe(
      "too long",
    );
  });
});

function Keys({ run }: { run: () => void }) {
  useKeys("Test", [{ key: "r", text: "run", run }]);
  return <input aria-label="field" />;
}

describe("keys", () => {
  it("work on the page, not in fields, and can be switched off", () => {
    const run = vi.fn();
    render(<Keys run={run} />);
    fireEvent.keyDown(document.body, { key: "r" });
    expect(run).toHaveBeenCalledTimes(1);
    fireEvent.keyDown(screen.getByLabelText("field"), { key: "r" });
    fireEvent.keyDown(document.body, { key: "r", ctrlKey: true });
    enableKeys(false);
    fireEvent.keyDown(document.body, { key: "r" });
    expect(run).toHaveBeenCalledTimes(1);
  });
});

function Broken(): never {
  throw new Error("oh no");
}

describe("ErrorBoundary", () => {
  beforeEach(() => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
  });

  it("keeps what broke in its place, and says what to do", () => {
    render(
      <>
        <p>the rest</p>
        <ErrorBoundary>
          <Broken />
        </ErrorBoundary>
      </>,
    );
    expect(screen.getByText("the rest")).toBeTruthy();
    expect(screen.getByRole("alert").textContent).toContain("oh no");
    expect(screen.getByRole("button", { name: "Load anew" })).toBeTruthy();
  });
});

describe("copy", () => {
  it("goes the old way where the page is no secure context", async () => {
    vi.spyOn(navigator, "clipboard", "get").mockReturnValue(undefined as unknown as Clipboard);
    let copied = "";
    Object.assign(document, {
      execCommand: () => {
        copied =
          (document.activeElement as HTMLTextAreaElement | null)?.value ??
          document.querySelector("textarea")?.value ??
          "";
        return true;
      },
    });
    await expect(copy("rtsp://x")).resolves.toBe(true);
    expect(copied).toBe("rtsp://x");
    expect(document.querySelector("textarea")).toBeNull();
  });
});

// A camera's controls while its page is open: asked for once, then as notifications and answers have them.

import { useEffect, useRef, useState } from "react";

import type { ControlsSet, ControlView } from "../../api/types";
import { t } from "../../i18n";
import { useAnswer, useNotification } from "../../state/answers";
import { call } from "../../state/connection";
import { complain, notify } from "../../state/notices";
import { overlaid, Sender, type Told, type Value, type Wanted } from "./controls";

interface Controls {
  controls: ControlView[];
  profiles: string[];
  /** What was moved here and is not answered yet, by name. */
  moved: Readonly<Record<string, Value>>;
  set: (wanted: Wanted, at?: "once" | "soon") => void;
  setProfile: (name: string) => void;
  again: () => void;
}

/** Say what the camera has not done as asked. */
function tellTrouble({ controls, adjusted, refused }: ControlsSet): void {
  const labelOf = (name: string) => controls.find((each) => each.name === name)?.label ?? name;
  for (const { name, asked } of adjusted) {
    notify({
      kind: "info",
      text: t("camera.controls.adjusted", { name: labelOf(name), asked: String(asked) }),
    });
  }
  for (const { name, reason } of refused) {
    notify({ kind: "bad", text: t("camera.controls.refused", { name: labelOf(name), reason }) });
  }
}

export function useControls(device: string): Controls {
  const { value, at, again } = useAnswer("get_camera_controls", { device }, { on: ["camera.connected"] });
  const [told, setTold] = useState<Record<string, Told>>({});
  const [moved, setMoved] = useState<Record<string, Value>>({});
  const tell = (controls: readonly ControlView[]) => {
    const now = Date.now();
    const fresh = controls.map((control): [string, Told] => [control.name, { at: now, control }]);
    setTold((before) => ({ ...before, ...Object.fromEntries(fresh) }));
  };
  useNotification("control.change", (change) => {
    if (change.device === device) tell(change.controls);
  });

  const ask = async (asked: { values: Wanted } | { profile: string }, what: string) => {
    try {
      const answer = await call("set_camera_control", { device, ...asked });
      tell(answer.controls);
      tellTrouble(answer);
    } catch (why) {
      complain(t("camera.controls.failed", { name: what }), why);
      again();
    }
  };
  const send = async (values: Wanted) => {
    await ask({ values }, Object.keys(values).join(", "));
    const names = new Set(Object.keys(values));
    setMoved((before) =>
      Object.fromEntries(
        Object.entries(before).filter(([name, now]) => !names.has(name) || values[name] !== now),
      ),
    );
  };
  const sender = useRef(new Sender());
  useEffect(() => {
    sender.current.send = send;
  });
  return {
    controls: overlaid(value?.controls ?? [], at ?? 0, told),
    profiles: value?.profiles ?? [],
    moved,
    set: (wanted, when) => {
      const shown = Object.entries(wanted).filter((each): each is [string, Value] => each[1] !== null);
      setMoved((before) => ({ ...before, ...Object.fromEntries(shown) }));
      sender.current.set(wanted, when);
    },
    setProfile: (name) => void ask({ profile: name }, name),
    again,
  };
}

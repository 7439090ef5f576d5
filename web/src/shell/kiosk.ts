// A monitor on the wall has no keyboard: an address that ends in ?key=KEY logs in by itself. What stands after the #
// is never sent; the key is traded for the login's cookie and taken out of the address at once.

import { useEffect, useState } from "react";

import { backOff } from "../api/backoff";
import { Failure } from "../api/failure";
import { logIn } from "../state/session";

export type Kiosk = "none" | "logging-in" | "refused";

/** The key of an address and the address without it; null where there is none. */
export function keyOf(hash: string): { key: string; rest: string } | null {
  const [path = "", query = ""] = hash.split("?");
  const params = new URLSearchParams(query);
  const key = params.get("key");
  if (!key) return null;
  params.delete("key");
  const left = params.toString();
  return { key, rest: path + (left ? `?${left}` : "") };
}

export function useKiosk(): Kiosk {
  const [found] = useState(() => keyOf(location.hash));
  const [kiosk, setKiosk] = useState<Kiosk>(found ? "logging-in" : "none");
  useEffect(() => {
    if (!found) return;
    history.replaceState(null, "", found.rest || "#/");
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    // A monitor may be there sooner than camsvc after a power cut: what is no refusal is tried again.
    const attempt = async (failures: number) => {
      try {
        await logIn({ api_key: found.key });
        setKiosk("none");
      } catch (why) {
        if (Failure.from(why).loginNeeded) setKiosk("refused");
        else if (!over) timer = setTimeout(() => void attempt(failures + 1), backOff(failures));
      }
    };
    void attempt(0);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [found]);
  return kiosk;
}

// Keeps the screen on while the wall is shown. Over plain http there is no wake lock; the live video, which plays all
// the time and fills the screen, keeps most browsers awake by itself.

import { useEffect } from "react";

export function useAwake(): void {
  useEffect(() => {
    let over = false;
    let lock: WakeLockSentinel | null = null;
    const ask = async () => {
      const wakeLock = (navigator as Partial<Navigator>).wakeLock;
      if (!wakeLock || document.hidden || over) return;
      try {
        lock = await wakeLock.request("screen");
        if (over as boolean) await lock.release();
      } catch {
        // the device saves its battery
      }
    };
    const again = () => void ask();
    void ask();
    document.addEventListener("visibilitychange", again);
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", again);
      void lock?.release();
    };
  }, []);
}

// What this page itself has measured: the way to camsvc and back, what was refused and lost.

import { t, tn } from "../../i18n";
import { milliseconds, number, percent, size } from "../../i18n/format";
import { Facts } from "../../parts/Facts";
import { useNow } from "../../parts/now";
import { Section } from "../../parts/Page";
import { playerFigures } from "../../player/figures";
import { measured } from "../../state/connection";

function middle(values: readonly number[]): number | undefined {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];
}

const WAYS = ["webrtc", "hls", "pictures"] as const;

/** How soon the first picture was there by each way that was taken, and how often one stood still. */
function wayRows(): (readonly [string, string])[] {
  const figures = playerFigures();
  return WAYS.flatMap((way) => {
    const found = figures.get(way);
    const usual = middle(found?.firstMs ?? []);
    if (!found || usual === undefined) return [];
    const stalls = found.stalls ? ` · ${tn("system.measured.stalls", found.stalls)}` : "";
    return [
      [t("system.measured.first", { way: t(`camera.way.${way}`) }), milliseconds(usual) + stalls] as const,
    ];
  });
}

export function MeasuredSection() {
  useNow(5000);
  const now = measured();
  const trips = now?.roundTripsMs ?? [];
  const usual = middle(trips);
  return (
    <Section title={t("system.measured")}>
      <Facts
        rows={[
          [t("system.measured.trip"), usual === undefined ? "–" : milliseconds(usual)],
          [t("system.measured.worst"), trips.length ? milliseconds(Math.max(...trips)) : "–"],
          ...wayRows(),
          [t("system.measured.calls"), number(now?.calls ?? 0)],
          [
            t("system.measured.errors"),
            `${number(now?.errors ?? 0)} (${percent((now?.errors ?? 0) / Math.max(1, now?.calls ?? 0), 1)})`,
          ],
          [t("system.measured.timeouts"), number(now?.timeouts ?? 0)],
          [t("system.measured.drops"), number(now?.drops ?? 0)],
          [t("system.measured.received"), size(now?.bytesIn ?? 0)],
        ]}
      />
    </Section>
  );
}

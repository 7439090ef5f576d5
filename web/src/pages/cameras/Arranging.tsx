// Put the cameras in order, hide them, group them: for this browser alone.

import { useState } from "react";

import type { CameraView } from "../../api/types";
import { t } from "../../i18n";
import { IconButton } from "../../parts/Button";
import { classes } from "../../parts/classes";
import { Icon } from "../../parts/Icon";
import { change, settings, useSettings } from "../../state/settings";
import { movedBy, movedTo } from "./arrangement";
import { without } from "../../state/store";
import styles from "./Arranging.module.css";

export function Arranging({ cameras }: { cameras: readonly CameraView[] }) {
  const hidden = useSettings((all) => all.hidden);
  const groups = useSettings((all) => all.groups);
  const [dragged, drag] = useState<string | null>(null);
  const order = cameras.map(({ device }) => device);
  const names = [...new Set(Object.values(groups))].filter(Boolean);

  const setGroup = (device: string, group: string) => {
    const others = without(settings.getState().groups, device);
    change({ groups: group.trim() ? { ...others, [device]: group.trim() } : others });
  };

  return (
    <section aria-label={t("cameras.arrange")}>
      <p className={styles.hint}>{t("cameras.arrange.hint")}</p>
      <datalist id="groups">
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <ol className={styles.list}>
        {cameras.map(({ device, name }, at) => {
          const away = hidden.includes(device);
          return (
            <li
              key={device}
              className={classes(styles.row, away && styles.away, dragged === device && styles.dragged)}
              draggable
              onDragStart={() => drag(device)}
              onDragEnd={() => drag(null)}
              onDragOver={(event) => event.preventDefault()}
              onDrop={(event) => {
                event.preventDefault();
                if (dragged) change({ order: movedTo(order, dragged, device) });
              }}
            >
              <span className={styles.grip}>
                <Icon name="arrange" />
              </span>
              <span className={styles.name}>{name}</span>
              <input
                className={styles.group}
                list="groups"
                aria-label={t("cameras.group.of", { name })}
                placeholder={t("cameras.group")}
                maxLength={40}
                defaultValue={groups[device] ?? ""}
                onBlur={(event) => setGroup(device, event.target.value)}
                onKeyDown={(event) => event.key === "Enter" && setGroup(device, event.currentTarget.value)}
              />
              <span className={styles.buttons}>
                <IconButton
                  icon={away ? "eye-off" : "eye"}
                  label={away ? t("cameras.show", { name }) : t("cameras.hide", { name })}
                  aria-pressed={away}
                  onClick={() =>
                    change({ hidden: away ? hidden.filter((each) => each !== device) : [...hidden, device] })
                  }
                />
                <IconButton
                  icon="back"
                  className={styles.up}
                  label={t("cameras.earlier", { name })}
                  unavailable={at === 0 ? t("cameras.first") : null}
                  onClick={() => change({ order: movedBy(order, device, -1) })}
                />
                <IconButton
                  icon="next"
                  className={styles.up}
                  label={t("cameras.later", { name })}
                  unavailable={at === cameras.length - 1 ? t("cameras.last") : null}
                  onClick={() => change({ order: movedBy(order, device, 1) })}
                />
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

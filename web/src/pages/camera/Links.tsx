// Where else the camera can be watched: its addresses, and lines that are ready for other programs.

import { useState } from "react";

import { t } from "../../i18n";
import { Button } from "../../parts/Button";
import { Copyable } from "../../parts/Copyable";
import { SelectField } from "../../parts/Field";
import { Section } from "../../parts/Page";
import { Trouble } from "../../parts/Trouble";
import { useAnswer } from "../../state/answers";
import { explain } from "../../state/explain";
import { readyLines, type StreamUrls } from "./lines";
import styles from "./Links.module.css";

/** Tickets are short-lived, so they are asked for anew while the links are shown. */
const RENEW_MS = 30_000;

function Shown({ device, name }: { device: string; name: string }) {
  const { value, failure, again } = useAnswer("get_stream_url", { device }, { everyMs: RENEW_MS });
  const [program, choose] = useState("VLC");
  if (!value)
    return failure ? (
      <Trouble {...explain(failure)} actions={<Button onClick={again}>{t("again")}</Button>} />
    ) : null;
  const urls: StreamUrls = value.urls;
  const lines = readyLines(name, device, urls);
  const line = lines.find((each) => each.program === program) ?? lines[0];
  const all: [string, string | undefined][] = [
    [t("camera.links.rtsp"), urls.rtsp],
    [t("camera.links.hls"), urls.hls],
    [t("camera.links.whep"), urls.webrtc],
    [t("camera.links.snapshot"), urls.preview],
  ];
  return (
    <div className={styles.links}>
      <p className={styles.hint}>{t("camera.links.hint")}</p>
      {all.map(([label, url]) => url && <Copyable key={label} label={label} text={url} />)}
      {line && (
        <>
          <SelectField
            label={t("camera.links.program")}
            value={line.program}
            options={lines.map(({ program: each }) => ({ value: each, label: each }))}
            onChange={choose}
          />
          <Copyable label={t("camera.links.for", { program: line.program })} text={line.text} block />
          {line.text.includes("API_KEY") && <p className={styles.hint}>{t("camera.links.key")}</p>}
        </>
      )}
    </div>
  );
}

export function Links({ device, name }: { device: string; name: string }) {
  const [shown, show] = useState(false);
  return (
    <Section
      title={t("camera.links")}
      actions={
        <Button small aria-expanded={shown} onClick={() => show(!shown)}>
          {shown ? t("camera.hide") : t("camera.show")}
        </Button>
      }
    >
      {shown && <Shown device={device} name={name} />}
    </Section>
  );
}

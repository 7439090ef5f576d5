// A long recording is several files: they play one after the other, and each can be chosen and taken along.

import { useState } from "react";

import type { RecordingPart } from "../../api/types";
import { t, tn } from "../../i18n";
import { clock, size, time } from "../../i18n/format";
import { Button } from "../../parts/Button";
import { Section } from "../../parts/Page";
import { DownloadLink } from "./DownloadLink";
import styles from "./PartsPlayer.module.css";
import { VideoPlayer } from "./VideoPlayer";

interface PartsPlayerProps {
  parts: readonly RecordingPart[];
  /** It has sound. */
  sound: boolean;
  /** Called at the end of the last one where somebody wants to go on. */
  onEnded: () => void;
}

export function PartsPlayer({ parts, sound, onEnded }: PartsPlayerProps) {
  const [playing, play] = useState(0);
  const part = parts[Math.min(playing, parts.length - 1)];
  if (!part) return null;
  return (
    <>
      <VideoPlayer
        key={part.filename}
        url={part.download_url}
        strip={part.filename}
        sound={sound}
        isPart={playing + 1 < parts.length}
        onEnded={() => (playing + 1 < parts.length ? play(playing + 1) : onEnded())}
      />
      <Section title={tn("library.parts", parts.length)}>
        <ol className={styles.parts}>
          {parts.map(
            ({ filename, created_time: at, duration, file_size: bytes, download_url: url }, number) => (
              <li key={filename}>
                <Button
                  kind="quiet"
                  icon="play"
                  aria-pressed={number === playing}
                  aria-label={t("library.part.play", { n: number + 1, time: time(at) })}
                  onClick={() => play(number)}
                >
                  {time(at)}
                  {duration !== undefined && ` · ${clock(duration)}`} · {size(bytes)}
                </Button>
                <DownloadLink
                  url={url}
                  filename={filename}
                  bytes={bytes}
                  label={t("library.download.of", { file: filename })}
                />
              </li>
            ),
          )}
        </ol>
      </Section>
    </>
  );
}

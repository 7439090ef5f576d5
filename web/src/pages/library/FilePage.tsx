// One recording to play, or one snapshot to look at, and the way to the one before and after.

import { useEffect, useState } from "react";
import { Link, useParams } from "wouter";
import { navigate, useHashLocation } from "wouter/use-hash-location";

import { t } from "../../i18n";
import { clock, dateTime, percent, size } from "../../i18n/format";
import { visible } from "../../i18n/names";
import { Button, IconButton } from "../../parts/Button";
import buttons from "../../parts/Button.module.css";
import { classes } from "../../parts/classes";
import { Empty } from "../../parts/Empty";
import { useKeys } from "../../parts/keys";
import { Page } from "../../parts/Page";
import { Trouble } from "../../parts/Trouble";
import { Waiting } from "../../parts/Waiting";
import { explain } from "../../state/explain";
import { neighbours, useFile, type FileInfo, type Neighbours } from "../../state/files";
import { isDone, isKind, type FileKind } from "../../state/kinds";
import { useApp } from "../../state/store";
import { FileActions } from "./FileActions";
import styles from "./FilePage.module.css";
import { filenameOf, nameOf, pathOf } from "./FileRow";
import { PartsPlayer } from "./PartsPlayer";
import { VideoPlayer } from "./VideoPlayer";

function Facts({ info }: { info: FileInfo }) {
  const facts: [string, string][] = [
    [t("library.fact.made"), dateTime(info.created_time)],
    [t("library.fact.size"), size(info.file_size)],
  ];
  if (info.duration !== undefined) facts.push([t("library.fact.length"), clock(info.duration)]);
  if (info.width !== undefined && info.height !== undefined)
    facts.push([t("library.fact.picture"), `${info.width} × ${info.height}`]);
  if (info.codec) facts.push([t("library.fact.codec"), info.codec]);
  if (info.archived) facts.push([t("library.fact.place"), t("library.archived")]);
  facts.push([t("library.fact.name"), visible(info.filename)]);
  return (
    <dl className={styles.facts}>
      {facts.map(([key, value]) => (
        <div key={key}>
          <dt>{key}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function useNeighbours(kind: FileKind, info: FileInfo | undefined): Neighbours {
  const [found, setFound] = useState<{ of: string; them: Neighbours } | null>(null);
  const { device, created_time: at, filename } = info ?? {};
  useEffect(() => {
    if (device === undefined || at === undefined || filename === undefined) return;
    let over = false;
    neighbours(kind, { device, created_time: at }).then(
      (them) => {
        if (!over) setFound({ of: filename, them });
      },
      () => undefined, // without them there is no way on, and nothing else
    );
    return () => {
      over = true;
    };
  }, [kind, device, at, filename]);
  return found && found.of === filename ? found.them : { older: null, newer: null };
}

function Shown({ kind, info, onEnded }: { kind: FileKind; info: FileInfo; onEnded: () => void }) {
  if (kind === "snapshots") {
    return (
      <a className={styles.picture} href={info.download_url} target="_blank" rel="noreferrer">
        <img src={info.download_url} alt={t("library.picture", { time: dateTime(info.created_time) })} />
      </a>
    );
  }
  if (!isDone({ status: info.status ?? "" })) {
    const running = info.status === "RECORDING";
    return (
      <Empty
        icon="record"
        title={t(running ? "library.running" : "library.finishing")}
        actions={
          running && (
            <Link
              className={classes(buttons.button, buttons.primary)}
              href={`/camera/${encodeURIComponent(info.device)}`}
            >
              {t("library.running.look")}
            </Link>
          )
        }
      >
        <p>{t(running ? "library.running.do" : "library.finishing.do")}</p>
        {info.progress !== undefined && (
          <p className={styles.progress}>
            <progress value={info.progress} max={1} aria-label={t("library.finishing")} />
            <span>{percent(info.progress)}</span>
          </p>
        )}
      </Empty>
    );
  }
  const sound = info.sound !== ""; // left out: it is not known
  if (info.parts && info.parts.length > 1) {
    return <PartsPlayer key={info.filename} parts={info.parts} sound={sound} onEnded={onEnded} />;
  }
  return (
    <VideoPlayer
      key={info.filename}
      url={info.download_url}
      strip={kind === "recordings" ? info.filename : undefined}
      sound={sound}
      onEnded={onEnded}
    />
  );
}

export default function FilePage() {
  const params = useParams<{ kind: string; filename: string }>();
  const kind: FileKind = isKind(params.kind) ? params.kind : "recordings";
  const [address] = useHashLocation();
  const [filename] = useState(() => filenameOf(address)); // another file is another FilePage
  const { value: info, failure, again } = useFile(kind, filename);
  const cameras = useApp((state) => state.cameras);
  const around = useNeighbours(kind, info);
  const back = () => navigate("/library");
  useKeys(t("library.title"), [{ key: "Escape", text: t("library.back"), run: back }]);

  return (
    <Page
      title={info ? nameOf(cameras, info.device) : t("library.title")}
      before={<IconButton icon="back" label={t("library.back")} onClick={back} />}
      beside={info && <span className={styles.when}>{dateTime(info.created_time)}</span>}
      actions={info && <FileActions kind={kind} info={info} neighbours={around} again={again} back={back} />}
    >
      {failure && !info && (
        <Trouble
          {...explain(failure)}
          actions={
            <>
              <Button onClick={again}>{t("again")}</Button>
              <Button onClick={back}>{t("library.back")}</Button>
            </>
          }
        />
      )}
      {!failure && !info && <Waiting label={t("loading")} />}
      {info && (
        <Shown
          kind={kind}
          info={info}
          onEnded={() => around.newer && navigate(pathOf(kind, around.newer.filename))}
        />
      )}
      {info && <Facts info={info} />}
    </Page>
  );
}

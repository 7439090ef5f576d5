// Recordings and snapshots: by day, camera and name; chosen, downloaded, deleted.

import { useDeferredValue, useState } from "react";

import { t, tn } from "../../i18n";
import { size } from "../../i18n/format";
import { Button, IconButton } from "../../parts/Button";
import { Confirm } from "../../parts/Confirm";
import { Empty } from "../../parts/Empty";
import { Choice, SelectField, TextField } from "../../parts/Field";
import { useKeys } from "../../parts/keys";
import { useNow } from "../../parts/now";
import { Page } from "../../parts/Page";
import { Trouble } from "../../parts/Trouble";
import { Waiting } from "../../parts/Waiting";
import { useAnswer } from "../../state/answers";
import { deleteLater } from "../../state/deletions";
import { explain } from "../../state/explain";
import { allFiles, downloadTogether, useFiles } from "../../state/files";
import { KINDS } from "../../state/kinds";
import { useMoves } from "../../state/moves";
import { complain } from "../../state/notices";
import { protect } from "../../state/protection";
import { useMay, useOffline } from "../../state/rights";
import { ordered, useSettings } from "../../state/settings";
import { useApp } from "../../state/store";
import { dayOf, endOf, startOf, type Day } from "../../parts/days";
import { DayTimeline } from "./DayTimeline";
import { ExportsUnderWay } from "./ExportsUnderWay";
import { FileRows } from "./FileRows";
import { isNarrow, queryOf, setFilter, useFilter, widen } from "./filter";
import styles from "./LibraryPage.module.css";
import { MovesUnderWay } from "./MovesUnderWay";
import { useSelection } from "./selection";

/** So many files camsvc puts into one archive. */
const MOST_TOGETHER = 1000;

function Filters({ today }: { today: Day }) {
  const filter = useFilter();
  const cameras = useApp((state) => state.cameras);
  const order = useSettings((all) => all.order);
  const shown = ordered(Object.values(cameras), { order, hidden: [] });
  return (
    <div className={styles.filters}>
      <Choice
        label={t("library.kind")}
        value={filter.kind}
        options={[
          { value: "recordings", label: t("library.kind.recordings") },
          { value: "snapshots", label: t("library.kind.snapshots") },
          { value: "exports", label: t("library.kind.exports") },
        ]}
        onChange={(kind) => setFilter({ kind })}
      />
      <SelectField
        label={t("library.camera")}
        value={filter.device}
        options={[
          { value: "", label: t("library.camera.all") },
          ...shown.map(({ device, name }) => ({ value: device, label: name })),
        ]}
        onChange={(device) => setFilter({ device })}
      />
      <TextField
        label={t("library.day")}
        type="date"
        max={today}
        value={filter.day ?? ""}
        onChange={(event) => setFilter({ day: event.target.value || null })}
      />
      <TextField
        label={t("library.search")}
        type="search"
        maxLength={100}
        placeholder={t("library.search.hint")}
        value={filter.search}
        onChange={(event) => setFilter({ search: event.target.value })}
      />
    </div>
  );
}

export default function LibraryPage() {
  const filter = useFilter();
  const { kind, device, day } = filter;
  const query = queryOf(useDeferredValue(filter));
  const list = useFiles(query);
  const selection = useSelection((from, to) => list.range(from, to));
  const [chosenIn, setChosenIn] = useState(kind);
  const [asking, setAsking] = useState(false);
  const today = dayOf(useNow(60_000));
  const offline = useOffline();
  const mayDelete = useMay(KINDS[kind].remove);
  const mayProtect = useMay("protect_recording");
  const { moves, mayMove, move } = useMoves();
  const { value: storage } = useAnswer(
    "get_storage_info",
    {},
    { on: ["recording.stop", "library.cleanup", "storage_status_update"], when: useMay("get_storage_info") },
  );
  const chosen = [...selection.selected.values()];
  if (chosenIn !== kind) {
    setChosenIn(kind);
    selection.clear();
  }

  const addDay = (which: Day) => {
    allFiles({ ...query, from: startOf(which), to: endOf(which) }).then(selection.add, (why: unknown) =>
      complain(t("library.selectday.failed"), why),
    );
  };
  useKeys(t("library.title"), [{ key: "Escape", text: t("library.unselect"), run: selection.clear }]);

  return (
    <Page
      title={t("library.title")}
      beside={
        list.total !== undefined && (
          <span className={styles.count} role="status">
            {tn(`library.${kind}`, list.total)}
            {storage && ` · ${t("library.free", { size: size(storage.available_space) })}`}
          </span>
        )
      }
    >
      <Filters today={today} />
      <DayTimeline day={day ?? today} device={device} onDay={(which) => setFilter({ day: which })} />
      <ExportsUnderWay />
      <MovesUnderWay moves={moves} />
      {chosen.length > 0 && (
        <div className={styles.bar} role="toolbar" aria-label={t("library.chosen")}>
          <span className={styles.sum} role="status">
            {tn("library.selected", chosen.length)} ·{" "}
            {size(chosen.reduce((sum, file) => sum + file.file_size, 0))}
          </span>
          <Button
            icon="download"
            unavailable={
              offline ?? (chosen.length > MOST_TOGETHER ? t("library.zip.many", { n: MOST_TOGETHER }) : null)
            }
            onClick={() => downloadTogether(kind, [...selection.selected.keys()])}
          >
            {t("library.zip")}
          </Button>
          {kind === "recordings" && mayProtect && (
            <Button
              icon="shield"
              unavailable={offline}
              onClick={() => {
                const isProtected = chosen.every((file) => file.protected);
                void protect([...selection.selected.keys()], !isProtected).then(() => list.refresh());
                selection.clear();
              }}
            >
              {t(chosen.every((file) => file.protected) ? "library.unprotect" : "library.protect")}
            </Button>
          )}
          {kind === "recordings" && mayMove && (
            <Button
              icon="archive"
              unavailable={offline}
              onClick={() => {
                void move(chosen.filter(({ archived }) => !archived).map(({ filename }) => filename));
                selection.clear();
              }}
            >
              {t("library.move.short")}
            </Button>
          )}
          {mayDelete && (
            <Button kind="danger" icon="trash" unavailable={offline} onClick={() => setAsking(true)}>
              {t("library.delete")}
            </Button>
          )}
          <IconButton icon="close" label={t("library.unselect")} onClick={selection.clear} />
        </div>
      )}
      {list.failure !== undefined && list.total === undefined && (
        <Trouble
          {...explain(list.failure)}
          actions={<Button onClick={() => list.refresh()}>{t("again")}</Button>}
        />
      )}
      {list.indexing && (
        <p role="status" className={styles.note}>
          {t("library.indexing")}
        </p>
      )}
      {list.total === undefined && list.failure === undefined && <Waiting label={t("loading")} />}
      {list.total === 0 && (
        <Empty
          icon="library"
          title={t(isNarrow(filter) ? "library.none.found" : "library.none")}
          actions={isNarrow(filter) && <Button onClick={widen}>{t("library.widen")}</Button>}
        >
          {!isNarrow(filter) && <p>{t("library.none.do")}</p>}
        </Empty>
      )}
      {(list.total ?? 0) > 0 && <FileRows kind={kind} list={list} selection={selection} onDay={addDay} />}
      {asking && (
        <Confirm
          title={tn("library.delete.ask", chosen.length)}
          yes={t("library.delete")}
          onClose={() => setAsking(false)}
          onYes={() => {
            deleteLater(kind, [...selection.selected.keys()]);
            selection.clear();
          }}
        >
          <p>{t("library.delete.how")}</p>
          {chosen.some((file) => file.protected) && <p>{t("library.delete.protected")}</p>}
        </Confirm>
      )}
    </Page>
  );
}

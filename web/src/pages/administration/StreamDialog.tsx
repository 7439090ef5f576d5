// A stream that becomes a camera: its address, its name, and the login where it asks for one.

import { useState } from "react";

import type { Added, DiscoveredEntry } from "../../api/types";
import { t } from "../../i18n";
import { TextField } from "../../parts/Field";
import { FormDialog } from "../../parts/FormDialog";
import { call } from "../../state/connection";
import { useTask } from "../../state/task";
import styles from "./AdministrationPage.module.css";
import { withLogin } from "./stream-url";

interface Props {
  found?: DiscoveredEntry;
  onClose: () => void;
  onDone: (added: Added) => void;
}

export function StreamDialog({ found, onClose, onDone }: Props) {
  const [url, setUrl] = useState(found?.url ?? "");
  const [name, setName] = useState(found?.name ?? "");
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const { busy, trouble, run } = useTask();
  const add = () =>
    run(
      () =>
        call("add_external_stream", {
          stream_url: withLogin(url.trim(), user, password),
          stream_name: name.trim(),
          ...(found?.type === "skydio" ? { stream_type: "skydio" as const } : {}),
        }),
      onDone,
    );
  return (
    <FormDialog
      title={t("administration.streams.add")}
      send={t("administration.streams.add.do")}
      busy={busy}
      trouble={trouble}
      onSend={add}
      onClose={onClose}
    >
      <TextField
        label={t("administration.streams.url")}
        hint={t("administration.streams.url.hint")}
        value={url}
        onChange={(event) => setUrl(event.target.value)}
        placeholder="rtsp://192.168.1.20:554/stream1"
        inputMode="url"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        required
        autoFocus={!found}
      />
      <TextField
        label={t("administration.streams.name")}
        value={name}
        onChange={(event) => setName(event.target.value)}
        autoComplete="off"
        maxLength={64}
        required
        autoFocus={Boolean(found)}
      />
      <div className={styles.fields}>
        <TextField
          label={t("administration.streams.user")}
          hint={found?.capabilities.auth_required ? t("administration.streams.user.needed") : undefined}
          value={user}
          onChange={(event) => setUser(event.target.value)}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          required={found?.capabilities.auth_required}
        />
        <TextField
          label={t("administration.streams.password")}
          type="password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          autoComplete="off"
        />
      </div>
    </FormDialog>
  );
}

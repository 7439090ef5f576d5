// The people who log in with a password.

import { useState } from "react";

import type { KeyView, Role, UserView } from "../../api/types";
import { t, tn } from "../../i18n";
import { visible } from "../../i18n/names";
import { Button } from "../../parts/Button";
import { Confirm } from "../../parts/Confirm";
import { Menu } from "../../parts/Menu";
import { Section } from "../../parts/Page";
import { Pill } from "../../parts/Pill";
import { Table } from "../../parts/Table";
import { Ago } from "../../parts/Time";
import { Trouble } from "../../parts/Trouble";
import { Waiting } from "../../parts/Waiting";
import { useAnswer } from "../../state/answers";
import { call } from "../../state/connection";
import { explain } from "../../state/explain";
import { complain, notify } from "../../state/notices";
import { roleName, useOffline } from "../../state/rights";
import { useApp } from "../../state/store";
import styles from "./AdministrationPage.module.css";
import { PasswordDialog } from "./PasswordDialog";
import { ROLES } from "./roles";
import { UserDialog } from "./UserDialog";

type Shown =
  | { what: "add" }
  | { what: "password" | "delete"; user: UserView }
  /** Keys that somebody made who may not any more. */
  | { what: "keys"; username: string; keys: readonly KeyView[] };

export function UsersPart() {
  const { value, failure, again } = useAnswer("list_users", { limit: 1000 });
  const self = useApp(({ session }) => (session.phase === "in" ? session.view.user : null));
  const offline = useOffline();
  const [shown, show] = useState<Shown | null>(null);
  const close = () => show(null);

  const done = (text: string, username: string, keys: readonly KeyView[] | undefined) => {
    notify({ kind: "good", text });
    again();
    if (keys?.length) show({ what: "keys", username, keys });
  };
  const change = async (user: UserView, text: string, changed: { role?: Role; disabled?: boolean }) => {
    try {
      const { api_keys: keys } = await call("update_user", { username: user.username, ...changed });
      done(text, user.username, keys);
    } catch (why) {
      complain(t("administration.users.failed", { user: user.username }), why);
    }
  };
  const endLogins = async ({ username }: UserView) => {
    try {
      await call("revoke_logins", { user: username });
      notify({ kind: "good", text: t("administration.users.ended", { user: username }) });
    } catch (why) {
      complain(t("administration.users.failed", { user: username }), why);
    }
  };
  const remove = async ({ username }: UserView) => {
    try {
      const { api_keys: keys } = await call("delete_user", { username });
      done(t("administration.users.deleted", { user: username }), username, keys);
    } catch (why) {
      complain(t("administration.users.failed", { user: username }), why);
    }
  };
  const revoke = async (keys: readonly KeyView[]) => {
    try {
      await Promise.all(keys.map(({ key_id: id }) => call("revoke_api_key", { key_id: id })));
      notify({ kind: "good", text: tn("administration.keys.revoked.all", keys.length) });
    } catch (why) {
      complain(t("administration.keys.failed"), why);
    }
  };

  const itemsOf = (user: UserView) => [
    ...ROLES.map((role) => ({
      label: t("administration.users.make", { role: roleName(role) }),
      checked: user.role === role,
      run: () =>
        void change(user, t("administration.users.made", { user: user.username, role: roleName(role) }), {
          role,
        }),
    })),
    "line" as const,
    {
      label: t("administration.users.password"),
      icon: "lock" as const,
      run: () => show({ what: "password", user }),
    },
    { label: t("administration.users.end"), icon: "out" as const, run: () => void endLogins(user) },
    user.disabled
      ? {
          label: t("administration.users.enable"),
          icon: "check" as const,
          run: () =>
            void change(user, t("administration.users.enabled", { user: user.username }), {
              disabled: false,
            }),
        }
      : {
          label: t("administration.users.disable"),
          icon: "lock" as const,
          run: () =>
            void change(user, t("administration.users.disabled", { user: user.username }), {
              disabled: true,
            }),
        },
    {
      label: t("administration.users.delete"),
      icon: "trash" as const,
      danger: true,
      run: () => show({ what: "delete", user }),
    },
  ];

  return (
    <Section
      title={t("administration.users")}
      actions={
        <Button kind="primary" icon="plus" unavailable={offline} onClick={() => show({ what: "add" })}>
          {t("administration.users.add")}
        </Button>
      }
    >
      {failure && <Trouble {...explain(failure)} />}
      {!value && !failure && <Waiting label={t("loading")} />}
      {value && (
        <Table
          caption={t("administration.users")}
          rows={value.users}
          rowKey={({ username }) => username}
          columns={[
            {
              key: "name",
              title: t("administration.users.name"),
              cell: ({ username }) => (
                <span>
                  <span className={styles.name}>{visible(username)}</span>
                  {username === self && <span className={styles.sub}>{t("administration.users.you")}</span>}
                </span>
              ),
            },
            {
              key: "role",
              short: true,
              title: t("administration.role"),
              cell: ({ role }) => roleName(role),
            },
            {
              key: "state",
              title: t("administration.state"),
              cell: (user) =>
                user.disabled ? (
                  <Pill tone="bad">{t("administration.users.is.disabled")}</Pill>
                ) : user.must_change_password ? (
                  <Pill tone="warn">{t("administration.users.is.first")}</Pill>
                ) : (
                  <Pill tone="good">{t("administration.users.is.open")}</Pill>
                ),
            },
            {
              key: "last",
              title: t("administration.users.last"),
              cell: ({ last_login: last }) => (last ? <Ago at={last} /> : t("administration.never")),
            },
            {
              key: "menu",
              title: t("administration.actions"),
              end: true,
              cell: (user) => (
                <Menu
                  kind="quiet"
                  icon="more"
                  label={t("administration.of", { what: user.username })}
                  unavailable={offline}
                  items={itemsOf(user)}
                />
              ),
            },
          ]}
        />
      )}
      {shown?.what === "add" && (
        <UserDialog
          onClose={close}
          onDone={(username) => {
            close();
            done(t("administration.users.added", { user: username }), username, undefined);
          }}
        />
      )}
      {shown?.what === "password" && (
        <PasswordDialog
          username={shown.user.username}
          onClose={close}
          onDone={(keys) => {
            const { username } = shown.user;
            close();
            done(t("administration.users.renewed", { user: username }), username, keys);
          }}
        />
      )}
      {shown?.what === "delete" && (
        <Confirm
          title={t("administration.users.delete.ask", { user: shown.user.username })}
          yes={t("administration.users.delete")}
          onYes={() => void remove(shown.user)}
          onClose={close}
        >
          <p>{t("administration.users.delete.what")}</p>
        </Confirm>
      )}
      {shown?.what === "keys" && (
        <Confirm
          title={tn("administration.users.keys", shown.keys.length)}
          yes={t("administration.keys.revoke.all")}
          onYes={() => void revoke(shown.keys)}
          onClose={close}
        >
          <p>{t("administration.users.keys.what", { user: shown.username })}</p>
          <ul>
            {shown.keys.map(({ key_id: id, name }) => (
              <li key={id}>{visible(name)}</li>
            ))}
          </ul>
        </Confirm>
      )}
    </Section>
  );
}

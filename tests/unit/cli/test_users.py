"""``camsvc user`` against a server: what is asked, sent and printed."""

from __future__ import annotations

import io
import json
import sys

from camsvc.cli import users
from tests.unit.cli.test_client import RemoteTestCase

ANN = {"username": "ann", "role": "admin", "disabled": False, "must_change_password": True, "last_login": None}
BEN = {"username": "ben", "role": "viewer", "disabled": True, "must_change_password": False,
       "last_login": "2026-01-31T12:00:00.000Z"}  # fmt: skip


class Terminal(io.StringIO):
    """Standard input at which somebody sits."""

    def isatty(self) -> bool:
        return True


class UserTests(RemoteTestCase):
    """One by one."""

    def act(self, action: str, *argv: str, stdin: str = "", typed: tuple[str, ...] = ()) -> tuple[int, str, str]:
        """``camsvc user ACTION``: exit status, standard output and error.

        ``typed`` is typed at a terminal; without it ``stdin`` comes from a pipe.
        """
        self.patch(sys, "stdin", Terminal() if typed else io.StringIO(stdin))
        answers = iter(typed)
        self.prompts: list[str] = []

        def getpass(prompt: str) -> str:
            self.prompts.append(prompt)
            return next(answers)

        self.patch(users, "getpass", getpass)
        return self.run_it("user", action, *argv)

    def test_add(self) -> None:
        """The password is typed twice, and is no argument."""
        server = self.serve(create_user=ANN)
        found = self.act("add", "ann", "--role", "admin", typed=("four little words", "four little words"))
        self.assertEqual(found, (0, "ann may log in as admin\n", ""))
        self.assertEqual(self.prompts, ["Password of ann: ", "Once more: "])
        ((*_, method, params),) = server.asked
        self.assertEqual(method, "create_user")
        self.assertEqual(
            params,
            {"username": "ann", "password": "four little words", "role": "admin", "must_change_password": False},
        )

    def test_add_from_a_pipe(self) -> None:
        """One line, whatever ends it; blanks are of the password."""
        server = self.serve(create_user=ANN)
        self.act("add", "ann", stdin=" four little words \r\nmore\n")
        params = server.asked[0][-1]
        self.assertEqual((params["password"], params["role"]), (" four little words ", "viewer"))

    def test_nothing_typed(self) -> None:
        """Nothing is asked of camsvc without a password, or with two."""
        server = self.serve(create_user=ANN)
        for keys in ({"stdin": ""}, {"stdin": "\n"}, {"typed": ("",)}, {"typed": ("one password", "another one")}):
            status, out, err = self.act("add", "ann", **keys)
            self.assertEqual((status, out), (1, ""))
            self.assertIn("nothing was changed", err)
        self.assertEqual(server.asked, [])

    def test_given_up(self) -> None:
        """Ctrl-C and Ctrl-D at the prompt are no traceback."""

        def given_up(prompt: str) -> str:
            raise reasons.pop()

        self.patch(sys, "stdin", Terminal())
        self.patch(users, "getpass", given_up)
        reasons: list[BaseException] = [KeyboardInterrupt(), EOFError()]
        while reasons:
            status, out, err = self.run_it("user", "add", "ann")
            self.assertEqual((status, out, err), (1, "", "\ncamsvc: no password; nothing was changed\n"))

    def test_one_time(self) -> None:
        """Is made here, printed once, and must be changed."""
        server = self.serve(create_user=ANN, update_user=ANN)
        _, out, _ = self.act("add", "ann", "--one-time")
        params = server.asked[0][-1]
        self.assertTrue(params["must_change_password"])
        self.assertIn(params["password"], out)
        _, out, _ = self.act("passwd", "ann", "--one-time", "--json")
        self.assertEqual(json.loads(out)["one_time_password"], server.asked[1][-1]["password"])

    def test_passwd(self) -> None:
        """Sets it."""
        server = self.serve(update_user=BEN)
        found = self.act("passwd", "ben", stdin="four little words\n")
        self.assertEqual(found, (0, "ben has a new password\n", ""))
        expected = {"username": "ben", "password": "four little words", "must_change_password": False}
        self.assertEqual(server.asked[0][-1], expected)

    def test_list(self) -> None:
        """A table, or JSON."""
        self.serve(list_users={"users": [ANN, BEN], "total": 2, "limit": 1000, "offset": 0})
        _, out, _ = self.act("list")
        self.assertEqual(
            out.splitlines(),
            [
                "USER  ROLE    LAST LOGIN",
                "ann   admin   never                     must change the password",
                "ben   viewer  2026-01-31T12:00:00.000Z  disabled",
            ],
        )
        self.assertEqual(json.loads(self.act("list", "--json")[1]), [ANN, BEN])

    def test_remove(self) -> None:
        """Or why not."""
        server = self.serve(delete_user={"username": "ben", "deleted": True})
        self.assertEqual(self.act("remove", "ben"), (0, "ben is removed\n", ""))
        self.assertEqual(server.asked[0][-1], {"username": "ben"})
        server.answers["delete_user"] = (
            200,
            {"result": {"username": "ben", "deleted": True, "api_keys": [{"name": "Door"}]}},
        )
        self.assertIn("keys that ben made are good still: Door;", self.act("remove", "ben")[1])
        error = {"code": -32020, "message": "ann is the last admin who can log in", "data": {"reason": "last_admin"}}
        server.answers["delete_user"] = (200, {"error": error})
        self.assertEqual(self.act("remove", "ann"), (1, "", "camsvc: ann is the last admin who can log in\n"))

    def test_help(self) -> None:
        """Every action tells how."""
        for action, word in (("add", "--role"), ("passwd", "Locked out"), ("remove", "sessions"), ("list", "--json")):
            status, out, _ = self.act(action, "--help")
            self.assertEqual(status, 0)
            self.assertIn(word, out)
        self.assertEqual(self.act("add")[0], 2)

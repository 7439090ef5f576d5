"""Every method that is declared, for everybody that may call, with every parameter that is wrong."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import OPEN, Principal, Role
from camsvc.api.calls import OpenCall
from camsvc.api.camera_scope import CameraScope, Resource
from camsvc.api.declaration import Method
from camsvc.api.registry import Registry
from camsvc.audit.summed_refusals import SUM_AFTER_S, SummedRefusals
from tests.support.bad_params import bad, good, naming, without_cameras
from tests.support.samples import ask, principal
from tests.support.strategies import JSON
from tests.unit.system.test_logs import STEERING_LETTERS
from tools.reference import topics

NEW_FILE = ("take_snapshot", "filename")
READERS = ("get_", "list_", "system.", "rpc.")


def every_method() -> list[Method]:
    """All that are declared, with bodies that only say that they were reached."""
    return [each for _, methods in topics() for each in methods]


class Reached(Exception):
    """A method's body would have run now."""


class _Reached:
    def __get__(self, topic: object, kind: type | None = None) -> Any:
        return self

    def __call__(self, call: OpenCall, *_: object) -> None:
        raise Reached


reached = _Reached()


class Topic:
    """Declares all methods there are, and one more that takes what another takes; all do nothing."""

    def __init__(self, tried: Method | None = None) -> None:
        kinds = {f"m{number}": each for number, each in enumerate(every_method())}
        if tried is not None:
            kinds["tried"] = evolve(tried, name="tried", role=Role.VIEWER)
        self.__class__ = type("Topic", (Topic,), {name: Body(each) for name, each in kinds.items()})


class Body:
    """Of a method."""

    def __init__(self, each: Method) -> None:
        cameras = each.cameras
        if isinstance(cameras, Resource):
            cameras = evolve(cameras, find=lambda topic, params: "camera0", camera=lambda found: found)
        self.declared = evolve(each, body=reached, cameras=cameras)


class AuthorizationTestCase(SynchronousTestCase):
    """A registry of everything, whose methods do nothing."""

    def setUp(self) -> None:
        self.registry = Registry(Topic())
        self.methods = list(self.registry.all())

    def ask(self, name: str, params: Any, who: Principal | None) -> dict[str, Any]:
        return ask(self, self.registry, who, name, params)


class TableTests(AuthorizationTestCase):
    """Method by method."""

    def test_there_are_methods(self) -> None:
        """Or the tests below would prove nothing."""
        self.assertGreater(len(self.methods), 35)

    def test_no_login(self) -> None:
        """-32001 with auth_required for all but the open ones, whatever the parameters; the open ones are these."""
        opened = [each.name for each in self.methods if each.role is OPEN]
        self.assertEqual(sorted(opened), ["authenticate", "ping"])
        for each in self.methods:
            if each.role is OPEN:
                continue
            for who in (None, principal(expires_at=time.time() - 1)):
                for params in (good(each), {"no_such_parameter": 1}, [1]):
                    error = self.ask(each.name, params, who)["error"]
                    self.assertEqual((error["code"], error["data"]["reason"]), (-32001, "auth_required"), each.name)
                    self.assertIn("auth_required", error["message"])

    def test_roles(self) -> None:
        """Below its role -32002 that names both, before the parameters are looked at; from it on they are."""
        for each in self.methods:
            for role in Role:
                error = self.ask(each.name, {"no_such_parameter": 1}, principal(role))["error"]
                if each.role is not OPEN and role < each.role:
                    found = (error["code"], error["data"]["required_role"], error["data"]["have_role"])
                    self.assertEqual(found, (-32002, each.role.word, role.word), each.name)
                else:
                    self.assertEqual(
                        (error["code"], error["data"]["param"]), (-32602, "no_such_parameter"), each.name
                    )

    def test_bad_params(self) -> None:
        """Every wrong value of every parameter is -32602 that names it, the rule, and what is allowed."""
        count = 0
        for each in self.methods:
            for params, name, rule in bad(each):
                error = self.ask(each.name, params, principal())["error"]
                at = (each.name, params)
                self.assertEqual(error["code"], -32602, at)
                self.assertEqual((error["data"]["param"], error["data"]["rule"]), (name, rule), at)
                self.assertTrue(error["data"]["hint"], at)
                self.assertIn(name, error["message"], at)
                count += 1
        self.assertGreater(count, 200)

    def test_names(self) -> None:
        """Whatever gets a name here gets none that steers a terminal, ends a line or turns a text around."""
        count = 0
        for each in self.methods:
            for parameter in each.params.all:
                named = parameter.name in ("name", "stream_name") or (each.name, parameter.name) == NEW_FILE
                if each.reads or not named:
                    continue
                for letter in STEERING_LETTERS:
                    error = self.ask(each.name, {**good(each), parameter.name: f"a{letter}b"}, principal())["error"]
                    self.assertEqual((error["code"], error["data"]["param"]), (-32602, parameter.name), each.name)
                    count += 1
        self.assertGreaterEqual(count, 5 * len(STEERING_LETTERS))

    def test_arrays(self) -> None:
        """No order is declared: an array is -32602."""
        for each in self.methods:
            self.assertEqual(self.ask(each.name, [1], principal())["error"]["code"], -32602, each.name)

    def test_good_params(self) -> None:
        """The example of each is right: it reaches the body."""
        for each in self.methods:
            self.assertIsNotNone(each.params.convert(good(each)), each.name)

    def test_readers(self) -> None:
        """What is named as reading is declared so, and nothing else but what logs in and subscribes."""
        readers = {each.name for each in self.methods if each.reads}
        named = {each.name for each in self.methods if each.name.startswith(READERS)}
        self.assertEqual(readers - named, {"ping", "authenticate", "subscribe_events", "unsubscribe_events"})
        self.assertEqual(named - readers, set())

    def test_secrets(self) -> None:
        """Every parameter that sounds secret is declared so."""
        for each in self.methods:
            for parameter in each.params.all:
                if parameter.name.endswith("_id") or not isinstance(parameter.type, inspect.StrType):
                    continue
                if any(word in parameter.name for word in ("password", "token", "secret", "api_key")):
                    self.assertTrue(parameter.secret, (each.name, parameter.name))

    def test_whole(self) -> None:
        """Those about the methods are among them."""
        names = {each.name for each in self.methods}
        self.assertLessEqual({"system.listMethods", "system.methodHelp", "rpc.discover"}, names)

    def test_cameras_that_are_named(self) -> None:
        """Each method that names a camera, or what belongs to one, refuses who may not see it before it runs."""
        count = 0
        who = principal(cameras=frozenset({"camera9"}))
        for each in self.methods:
            tried = list(naming(each, "camera0")) or ([good(each)] if isinstance(each.cameras, Resource) else [])
            for params in tried:
                self.assertEqual(self.ask(each.name, params, who)["error"]["code"], -32010, (each.name, params))
                count += 1
        self.assertGreater(count, 15)

    def test_all_cameras(self) -> None:
        """Each that is about all of them is not for who may see some."""
        about_all = [each for each in self.methods if each.cameras is CameraScope.ALL]
        for each in about_all:
            error = self.ask(each.name, without_cameras(each), principal(cameras=frozenset({"camera9"})))["error"]
            self.assertEqual((error["code"], error["data"]["reason"]), (-32002, "scoped"), each.name)
        self.assertGreater(len(about_all), 5)


class FloodTests(AuthorizationTestCase):
    """Whoever is refused, however often, writes few rows into the audit log."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = Clock()
        self.rows: list[tuple[str, str, str, dict[str, Any], str]] = []
        write: Any = lambda *row: self.rows.append(row)  # noqa: E731
        refusals = SummedRefusals(self.clock, write)
        self.registry = Registry(Topic(), record=write, record_refusal=refusals.record)

    def test_every_method(self) -> None:
        """A viewer calls each with good and with wrong parameters: the first of a kind at once, then a number."""
        viewer = principal(Role.VIEWER, cameras=frozenset({"camera9"}))
        times = 30
        for each in self.methods:
            for params in (good(each), {"no_such_parameter": 1}):
                for _ in range(times):
                    self.ask(each.name, params, viewer)
        self.flushLoggedErrors(Reached)
        # What a viewer may call and what does not only read: its body fails here, which no caller can bring about.
        refused = [row for row in self.rows if not row[4].startswith("-32603")]
        at_once = Counter((row[2], row[4]) for row in refused)
        self.assertGreater(len(at_once), 20)
        self.assertEqual(set(at_once.values()), {1})
        self.rows.clear()
        self.clock.advance(SUM_AFTER_S)
        kinds = {(row[2], row[4]): row[3] for row in self.rows}
        self.assertEqual(kinds.keys(), at_once.keys())
        for kind, params in kinds.items():
            self.assertIn(params["repeated"], (times - 1, 2 * times - 1), kind)


class AnythingTests(AuthorizationTestCase):
    """Whatever is sent to any method."""

    @given(st.data())
    def test_any_params(self, data: Any) -> None:
        """One mistake with its keys, or the body is reached; never anything else, and nothing in the log."""
        method = data.draw(st.sampled_from(every_method()))
        names = st.sampled_from([*method.params.names, "x"]) if method.params.names else st.text(max_size=3)
        params = data.draw(st.dictionaries(names, JSON, max_size=4))
        self.registry = Registry(Topic(method))
        answer = self.ask("tried", {**(good(method) if data.draw(st.booleans()) else {}), **params}, principal())
        error = answer["error"]
        self.assertIn(error["code"], (-32602, -32603))
        if error["code"] == -32602:
            self.assertLessEqual({"reason", "param", "rule", "hint"}, set(error["data"]))
        self.flushLoggedErrors(Reached)
        self.assertEqual(self.flushLoggedErrors(), [])

"""The way of a call: frame, role, parameters, method, answer."""

from __future__ import annotations

import json
import time
from typing import Annotated, Any, ClassVar

from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Meta, Struct, UnsetType
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import OPEN, Principal, Role
from camsvc.api.calls import Call, OpenCall
from camsvc.api.camera_scope import CameraScope
from camsvc.api.declaration import NoParams, method
from camsvc.api.methods.service.introspection import IntrospectionMethods
from camsvc.api.parameters import SECRET
from camsvc.api.registry import Registry
from camsvc.errors import InvalidState
from tests.support.samples import call_by, principal
from tests.support.strategies import JSON


class Numbers(Struct, forbid_unknown_fields=True, frozen=True, rename={"since": "from"}):
    """Some parameters."""

    IGNORED: ClassVar = ("old",)

    count: Annotated[int, Meta(ge=1, le=9, description="how many")]
    since: Annotated[str, Meta(description="from when")] | UnsetType = UNSET


class Login(Struct, forbid_unknown_fields=True, frozen=True):
    """Has something that no log shows."""

    word: Annotated[str, Meta(extra=SECRET, description="secret")] | UnsetType = UNSET
    again: Annotated[str, Meta(description="not so")] | UnsetType = UNSET


class Topic:
    """Methods of every kind."""

    def __init__(self) -> None:
        self.waiting: Deferred[Any] = Deferred()
        self.seen: list[Any] = []

    @method("ping", role=OPEN, result=str)
    def ping(self, call: OpenCall, params: NoParams) -> str:
        """Answers."""
        return "pong"

    @method("look", role=Role.VIEWER, params=Numbers, result=int, reads=True, cameras=CameraScope.NONE)
    def look(self, call: Call, params: Numbers) -> int:
        """Gives the
        count back."""
        self.seen.append(params)
        return params.count

    @method("change", role=Role.ADMIN, result=str, cameras=CameraScope.NONE)
    def change(self, call: Call, params: NoParams) -> str:
        """For admins."""
        return "changed"

    @method("wait", role=Role.VIEWER, params=Login, result=str, cameras=CameraScope.NONE)
    async def wait(self, call: Call, params: Login) -> Any:
        """Takes its time."""
        return await self.waiting

    @method("break", role=Role.VIEWER, result=str, cameras=CameraScope.NONE)
    def break_it(self, call: Call, params: NoParams) -> str:
        """Raises what nobody thought of."""
        raise ValueError("secret detail")

    @method("refuse", role=Role.VIEWER, result=str, cameras=CameraScope.NONE)
    def refuse(self, call: Call, params: NoParams) -> str:
        """Raises what is told."""
        raise InvalidState("not now", state="X", allowed_states=[])

    @method("odd", role=Role.VIEWER, result=object, cameras=CameraScope.NONE)
    def odd(self, call: Call, params: NoParams) -> object:
        """Gives what JSON cannot hold."""
        return object()

    @method("odd_later", role=Role.VIEWER, result=object, cameras=CameraScope.NONE)
    async def odd_later(self, call: Call, params: NoParams) -> object:
        """Gives it later."""
        return "\ud800"


def registry_of(topic: Topic, **keys: Any) -> Registry:
    """The methods of a topic, and those about methods."""
    registry = Registry(topic, **keys)
    registry.add(IntrospectionMethods(registry))
    return registry


NAMES = ["ping", "look", "change", "refuse", "system.listMethods", "system.methodHelp", "system.methodSignature"]
NAME = (
    st.sampled_from([*NAMES, "__dir__", "system", "system.", ".ping", "a.b.c", "system.system.x", "answer", "find"])
    | st.text(max_size=20)
    | st.text(alphabet="system.listMho_", max_size=20)
)


class RegistryTestCase(SynchronousTestCase):
    """Asks as somebody."""

    def setUp(self) -> None:
        self.topic = Topic()
        self.audited: list[Any] = []
        self.registry = registry_of(self.topic, record=lambda *row: self.audited.append(row))

    def ask(self, name: str, params: Any = None, who: Principal | None = None, **keys: Any) -> Any:
        """The answer, parsed; None where there is none."""
        frame = json.dumps({"jsonrpc": "2.0", "id": 1, "method": name, "params": params or {}, **keys}).encode()
        answer = self.registry.answer(frame, call_by(who))
        if isinstance(answer, Deferred):
            answer = self.successResultOf(answer)
        return None if answer is None else json.loads(answer)

    def error(
        self, name: str, params: Any = None, who: Principal | None = None, **keys: Any
    ) -> tuple[int, dict[str, Any]]:
        answer = self.ask(name, params, who, **keys)
        self.assertEqual(set(answer), {"jsonrpc", "id", "error"})
        return answer["error"]["code"], answer["error"]["data"]


class AccessTests(RegistryTestCase):
    """Who may call what."""

    def test_open(self) -> None:
        """ping needs no login."""
        self.assertEqual(self.ask("ping"), {"jsonrpc": "2.0", "id": 1, "result": "pong"})

    def test_not_logged_in(self) -> None:
        """Every other name is -32001, whether it exists or not, before its parameters are looked at."""
        for name in ("look", "change", "nothing", "system.listMethods", "__dir__"):
            answer = self.ask(name, {"x": 1})
            self.assertEqual(answer["error"]["code"], -32001, name)
            self.assertEqual(answer["error"]["data"]["reason"], "auth_required")
            self.assertIn("auth_required", answer["error"]["message"])

    def test_expired(self) -> None:
        """A login that has run out is none."""
        self.assertEqual(self.error("look", {"count": 1}, principal(expires_at=time.time() - 1))[0], -32001)

    def test_role_too_low(self) -> None:
        """-32002 names both roles."""
        code, data = self.error("change", who=principal(Role.OPERATOR))
        self.assertEqual((code, data["required_role"], data["have_role"]), (-32002, "admin", "operator"))
        self.assertEqual(self.ask("change", who=principal())["result"], "changed")


class ParamsTests(RegistryTestCase):
    """-32602 and its keys."""

    def wrong(self, params: Any) -> dict[str, Any]:
        code, data = self.error("look", params, principal())
        self.assertEqual(code, -32602)
        self.assertEqual(self.topic.seen, [])
        return data

    def test_good(self) -> None:
        """Converted; what old clients send is ignored."""
        self.assertEqual(self.ask("look", {"count": 3, "from": "x", "old": []}, principal())["result"], 3)
        self.assertEqual(self.topic.seen, [Numbers(3, "x")])

    def test_unknown(self) -> None:
        """Named, with the nearest name as it stands on the wire."""
        data = self.wrong({"count": 1, "coutn": 2})
        self.assertEqual((data["param"], data["rule"], data["hint"]), ("coutn", "unknown", "did you mean count?"))
        self.assertEqual(self.wrong({"count": 1, "form": 2})["hint"], "did you mean from?")
        self.assertEqual(self.wrong({"count": 1, "zzz": 2})["hint"], "parameters are: count, from")
        self.assertEqual(self.wrong({"count": 1, "since": "x"})["rule"], "unknown")
        code, data = self.error("ping", {"x": 1})
        self.assertEqual((code, data["hint"]), (-32602, "parameters are: none"))

    def test_long_unknown_name(self) -> None:
        """Cut in the answer."""
        self.assertLess(len(json.dumps(self.wrong({"count": 1, "x" * 100_000: 2}))), 500)

    def test_missing(self) -> None:
        """Named."""
        data = self.wrong({"from": "x"})
        self.assertEqual((data["param"], data["rule"]), ("count", "required"))

    def test_wrong_values(self) -> None:
        """Text for a number, number with a point, bool, out of range, beyond 64 bits."""
        for value in ("3", 3.0, 3.5, True, None, [], {}, 0, 10, -1, 10**30):
            self.assertEqual(self.wrong({"count": value})["param"], "count", value)

    def test_array(self) -> None:
        """No order is declared: -32602; an empty one is no parameters for a method that takes none."""
        self.assertEqual(self.wrong([3])["param"], "params")
        self.assertEqual(self.ask("ping", params=[])["result"], "pong")


class AnswerTests(RegistryTestCase):
    """Results, errors, notifications."""

    def test_method_not_found(self) -> None:
        """Verbatim message, and the nearest name."""
        answer = self.ask("lok", who=principal())
        self.assertEqual((answer["error"]["code"], answer["error"]["message"]), (-32601, "Method not found"))
        self.assertEqual(answer["error"]["data"]["hint"], "did you mean look?")
        for name in (
            "",
            ".",
            "system",
            "system.",
            "system.x",
            "camera_status_update",
            "__class__",
            "_getFunction",
            "x" * 9999,
        ):
            self.assertEqual(self.error(name, who=principal())[0], -32601, name)

    def test_later(self) -> None:
        """An answer that takes its time keeps its id."""
        frame = b'{"jsonrpc":"2.0","id":"later","method":"wait"}'
        answer = self.registry.answer(frame, call_by(principal()))
        assert isinstance(answer, Deferred)
        self.assertNoResult(answer)
        self.topic.waiting.callback(5)
        self.assertEqual(
            json.loads(self.successResultOf(answer) or b""), {"jsonrpc": "2.0", "id": "later", "result": 5}
        )

    def test_cancelled(self) -> None:
        """A call whose connection is gone is answered to nobody, and nothing is logged."""
        answer = self.registry.answer(b'{"jsonrpc":"2.0","id":1,"method":"wait"}', call_by(principal()))
        assert isinstance(answer, Deferred)
        answer.cancel()
        self.assertIsNone(self.successResultOf(answer))

    def test_known_error(self) -> None:
        """Code, message and data as the method says."""
        answer = self.ask("refuse", who=principal())
        self.assertEqual(
            answer["error"],
            {
                "code": -32020,
                "message": "not now",
                "data": {"reason": "invalid_state", "state": "X", "allowed_states": []},
            },
        )

    def test_unknown_error(self) -> None:
        """-32603 with the request id that is in the log; the text stays there. Now and later."""
        self.topic.waiting.errback(ValueError("secret detail"))
        for name in ("break", "wait"):
            code, data = self.error(name, who=principal())
            self.assertEqual((code, data["request_id"]), (-32603, "r1"))
            self.assertNotIn("secret", json.dumps(data))
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 2)

    def test_unencodable_result(self) -> None:
        """What JSON cannot hold is -32603, now and later, and not a call without an answer."""
        for name in ("odd", "odd_later"):
            self.assertEqual(self.error(name, who=principal())[0], -32603, name)
        self.assertEqual(len(self.flushLoggedErrors()), 2)

    def test_notifications(self) -> None:
        """Executed, never answered, whatever comes of it."""
        for name, params in (
            ("look", {"count": 4}),
            ("look", {"count": "x"}),
            ("refuse", {}),
            ("nothing", {}),
            ("break", {}),
        ):
            frame = json.dumps({"jsonrpc": "2.0", "method": name, "params": params}).encode()
            self.assertIsNone(self.registry.answer(frame, call_by(principal())), name)
        self.assertEqual(self.topic.seen, [Numbers(4)])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_slow_notification(self) -> None:
        """Neither when it ends later."""
        answer = self.registry.answer(b'{"jsonrpc":"2.0","method":"wait"}', call_by(principal()))
        assert isinstance(answer, Deferred)
        self.topic.waiting.callback(1)
        self.assertIsNone(self.successResultOf(answer))

    def test_batch(self) -> None:
        """One frame with the answers, in the order of the calls, once all are there."""
        calls = [
            {"jsonrpc": "2.0", "id": 1, "method": "wait"},
            {"jsonrpc": "2.0", "method": "look", "params": {"count": 4}},
            5,
            {"jsonrpc": "2.0", "id": 2, "method": "look", "params": {"count": 4}},
            {"jsonrpc": "2.0", "id": 3, "method": "nothing"},
        ]
        answer = self.registry.answer(json.dumps(calls).encode(), call_by(principal()))
        assert isinstance(answer, Deferred)
        self.assertNoResult(answer)
        self.topic.waiting.callback(1)
        found = json.loads(self.successResultOf(answer) or b"")
        self.assertEqual([each["id"] for each in found], [1, None, 2, 3])
        self.assertEqual([each.get("error", {}).get("code") for each in found], [None, -32600, None, -32601])
        self.assertEqual(self.topic.seen, [Numbers(4), Numbers(4)])

    def test_silent_batch(self) -> None:
        """Of notifications alone: no answer at all."""
        frame = b'[{"jsonrpc":"2.0","method":"ping"},{"jsonrpc":"2.0","method":"look","params":{"count":1}}]'
        answer = self.registry.answer(frame, call_by(principal()))
        assert isinstance(answer, Deferred)
        self.assertIsNone(self.successResultOf(answer))

    def test_rate_limit(self) -> None:
        """Asked for each call, and for what is none; a call that cannot pay is not executed."""
        waits = [0.0, 0.5, 0.0]
        call = '{"jsonrpc":"2.0","id":1,"method":"look","params":{"count":1}}'
        answer = self.registry.answer(f"[{call},{call},5]".encode(), call_by(principal()), lambda: waits.pop(0))
        assert isinstance(answer, Deferred)
        found = json.loads(self.successResultOf(answer) or b"")
        self.assertEqual([each.get("error", {}).get("code") for each in found], [None, -32040, -32600])
        self.assertEqual(found[1]["error"]["data"]["retry_after_ms"], 500)
        self.assertEqual((len(self.topic.seen), waits), (1, []))

    @given(NAME, JSON, st.none() | st.integers() | st.text(), st.sampled_from([None, *Role]))
    def test_any_call(self, name: str, params: Any, ident: Any, role: Role | None) -> None:
        """Any name and params give one valid answer under the call's id."""
        registry = registry_of(Topic())
        frame = json.dumps({"jsonrpc": "2.0", "id": ident, "method": name, "params": params}).encode()
        answer = registry.answer(frame, call_by(principal(role) if role else None))
        assert isinstance(answer, bytes)
        found = json.loads(answer)
        self.assertEqual((found["jsonrpc"], found["id"]), ("2.0", ident))
        self.assertEqual(("result" in found) + ("error" in found), 1)
        if "error" in found:
            self.assertIn("reason", found["error"]["data"])
        self.assertEqual(self.flushLoggedErrors(), [])

    @given(st.binary(max_size=200))
    def test_any_frame(self, frame: bytes) -> None:
        """Any bytes give an answer or none."""
        answer = registry_of(Topic()).answer(frame, call_by(principal()))
        self.assertTrue(answer is None or "id" in json.loads(answer))  # type: ignore[arg-type]


class AuditTests(RegistryTestCase):
    """What the audit log is told."""

    def test_calls(self) -> None:
        """Every call of what may change something, with its result; of what only reads, none."""
        self.ask("look", {"count": 1}, principal())
        self.ask("system.listMethods", None, principal())
        self.assertEqual(self.audited, [])
        self.ask("change", None, principal())
        self.ask("change", None, principal(Role.VIEWER))
        self.ask("change", {"nothing": "hunter2"}, principal())
        self.ask("refuse", None, principal())
        self.assertEqual(
            self.audited,
            [
                ("somebody", "127.0.0.1", "change", {}, "ok"),
                ("somebody", "127.0.0.1", "change", {}, "-32002 role_too_low"),
                ("somebody", "127.0.0.1", "change", {"nothing": "?"}, "-32602 validation"),
                ("somebody", "127.0.0.1", "refuse", {}, "-32020 invalid_state"),
            ],
        )

    def test_key(self) -> None:
        """A key is not taken for the user of that name."""
        self.ask("change", None, principal(key_id="3f0a52c81d77"))
        self.assertEqual(self.audited[0][0], "key:somebody")

    def test_no_secrets(self) -> None:
        """Not even where the call is refused."""
        self.topic.waiting.callback(1)
        self.ask("wait", {"word": "hunter2", "again": "x"}, principal())
        self.ask("wait", {"word": "hunter2", "agin": "hunter2"}, principal())
        self.ask("wait", ["hunter2"], principal())
        self.assertNotIn("hunter2", str(self.audited))
        self.assertEqual(self.audited[0][3], {"word": "***", "again": "x"})

    def test_nobody(self) -> None:
        """A stranger changes nothing, and leaves no rows; nor do calls that were too many."""
        self.ask("change")
        self.registry.answer(b'{"jsonrpc":"2.0","id":1,"method":"change"}', call_by(principal()), lambda: 1.0)
        self.assertEqual(self.audited, [])

    def test_refusals(self) -> None:
        """What a caller can bring about again and again is told apart from what was done, and from what failed."""
        refused: list[Any] = []
        self.registry = registry_of(
            self.topic,
            record=lambda *row: self.audited.append(row),
            record_refusal=lambda *row: refused.append(row),
        )
        self.ask("change", None, principal())
        self.ask("refuse", None, principal())
        self.ask("change", None, principal(Role.VIEWER))
        self.ask("change", {"nothing": 1}, principal())
        answer = self.registry.answer(b'{"jsonrpc":"2.0","method":"wait"}', call_by(principal()))
        assert isinstance(answer, Deferred)
        answer.cancel()
        self.assertEqual([row[4] for row in self.audited], ["ok", "-32020 invalid_state"])
        self.assertEqual(
            [row[4] for row in refused],
            ["-32002 role_too_low", "-32602 validation", "the client left before the answer"],
        )

    def test_left(self) -> None:
        """Who closes the connection before the answer cannot hide."""
        answer = self.registry.answer(b'{"jsonrpc":"2.0","method":"wait"}', call_by(principal()))
        assert isinstance(answer, Deferred)
        answer.cancel()
        self.assertEqual(self.audited[0][2:], ("wait", {}, "the client left before the answer"))


class IntrospectionTests(RegistryTestCase):
    """system.*"""

    def test_list(self) -> None:
        """All names, sorted, system's own too."""
        names = self.ask("system.listMethods", who=principal(Role.VIEWER))["result"]
        self.assertEqual(names, sorted(names))
        self.assertLessEqual(set(NAMES), set(names))

    def test_help(self) -> None:
        """The docstring in one line."""
        self.assertEqual(
            self.ask("system.methodHelp", {"method": "look"}, principal())["result"], "Gives the count back."
        )
        self.assertTrue(self.ask("system.methodHelp", {"method": "system.methodHelp"}, principal())["result"])

    def test_signature(self) -> None:
        """Result type and parameters as they stand on the wire."""
        found = self.ask("system.methodSignature", {"method": "look"}, principal())["result"]
        self.assertEqual(found, [["int", "count", "from"]])

    def test_of_what_is_not_there(self) -> None:
        """-32601; the method's name missing: -32602."""
        for name in ("system.methodHelp", "system.methodSignature"):
            self.assertEqual(self.error(name, {"method": "nothing"}, principal())[0], -32601)
            self.assertEqual(self.error(name, {}, principal())[0], -32602)
            self.assertEqual(self.error(name, {"method": 3}, principal())[0], -32602)


class DoubleTests(SynchronousTestCase):
    """Two topics."""

    def test_two_of_one_name(self) -> None:
        """Nor two."""
        self.assertRaises(TypeError, Registry, Topic(), Topic())

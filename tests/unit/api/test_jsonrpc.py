"""JSON-RPC envelopes: what is taken, what is refused and with which answer."""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from camsvc.api import jsonrpc
from camsvc.api.jsonrpc import Batch, Refused, Request, parse
from camsvc.errors import CamsvcError, NotFound
from tests.support.strategies import JSON

ENVELOPE = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | JSON,
        "id": JSON,
        "method": st.sampled_from(["ping", "get_camera_list"]) | JSON,
        "params": JSON,
        "extra": JSON,
    },
)


def single(frame: bytes) -> Request:
    """A frame with one call."""
    found = parse(frame)
    assert isinstance(found, Request)
    return found


def refusal(frame: bytes) -> dict[str, Any]:
    """The answer to a frame that must be refused."""
    try:
        found = parse(frame)
    except Refused as refused:
        assert refused.answer is not None
        return json.loads(refused.answer)
    raise AssertionError(f"taken: {found}")


def call(**keys: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "method": "ping", **keys}).encode()


class Checks(SynchronousTestCase):
    """What every answer must be."""

    def check(self, frame: bytes) -> None:
        try:
            found = parse(frame)
        except Refused as refused:
            if refused.answer is None:
                return
            answer = json.loads(refused.answer)
            self.assertEqual(set(answer), {"jsonrpc", "id", "error"})
            self.assertEqual(answer["jsonrpc"], "2.0")
            self.assertIn(answer["error"]["code"], (-32700, -32600, -32602))
            self.assertIsInstance(answer["error"]["message"], str)
            self.assertIsInstance(answer["error"]["data"]["reason"], str)
        else:
            for each in found.calls if isinstance(found, Batch) else (found,):
                if not isinstance(each, Refused):
                    self.assertIsInstance(each, Request)
                    self.assertIsInstance(each.method, str)
                    self.assertIsInstance(each.params, dict | list)


class AnyFrameTests(Checks):
    """Whatever is sent gives a Request or a valid refusal, never another exception."""

    @given(st.binary(max_size=300))
    def test_any_bytes(self, frame: bytes) -> None:
        """Noise."""
        self.check(frame)

    @given(JSON | ENVELOPE)
    def test_any_json(self, value: Any) -> None:
        """Any JSON value, envelopes with wrong fields among them."""
        self.check(json.dumps(value).encode())

    @given(ENVELOPE, st.data())
    def test_any_cut_and_flipped(self, value: Any, data: st.DataObject) -> None:
        """An envelope cut anywhere, with one byte replaced."""
        frame = bytearray(json.dumps(value).encode())
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
        self.check(bytes(frame[: data.draw(st.integers(0, len(frame)))]))

    @given(st.text(alphabet='[]{}"\\:,1 ', max_size=200))
    def test_any_brackets_and_quotes(self, text: str) -> None:
        """Texts made of what the depth check looks at."""
        self.check(text.encode())

    @given(st.one_of(st.none(), st.text(), st.integers(), st.floats(allow_nan=False, allow_infinity=False)))
    def test_any_id_is_echoed(self, ident: Any) -> None:
        """A string, number or null comes back as it was sent."""
        request = single(call(id=ident))
        self.assertTrue(request.answered)
        for answer in (jsonrpc.result(request.ident, 1), jsonrpc.error(request.ident, CamsvcError("no"))):
            self.assertEqual(json.loads(answer)["id"], ident)


class ParseTests(SynchronousTestCase):
    """The table of section 1 of the contract."""

    def test_call(self) -> None:
        """Method, params and id of a good call."""
        request = single(call(id="a", params={"device": "camera0"}))
        self.assertEqual((request.method, request.params, request.ident), ("ping", {"device": "camera0"}, "a"))

    def test_params_may_be_absent(self) -> None:
        """Absent params are an empty object; an array is passed on for the registry to judge."""
        self.assertEqual(single(call(id=1)).params, {})
        self.assertEqual(single(call(id=1, params=[1])).params, [1])

    def test_no_id_is_a_notification(self) -> None:
        """Without an id nothing is to be answered; null is an id."""
        self.assertFalse(single(call()).answered)
        self.assertTrue(single(call(id=None)).answered)

    def test_id_keeps_its_type(self) -> None:
        """Integer, float, long integer, empty string and null are echoed byte for byte."""
        for text in (b"1", b"1.5", b"0", b"-7", b"123456789012345678901234567890", b'""', b'"x"', b"null"):
            request = single(b'{"jsonrpc":"2.0","method":"ping","id":' + text + b"}")
            self.assertTrue(jsonrpc.result(request.ident, None).endswith(b'"id":' + text + b"}"), text)

    def test_id_of_another_type(self) -> None:
        """True, an object and an array are no ids: -32600, and the answer's id is null."""
        for ident in (True, False, {}, [1]):
            answer = refusal(call(id=ident))
            self.assertEqual((answer["error"]["code"], answer["id"]), (-32600, None))

    def test_not_json(self) -> None:
        """-32700 with id null: cut, empty, bad UTF-8, a lone surrogate, NaN and Infinity, two documents."""
        for frame in (
            b"",
            b"{",
            b"ping",
            b'{"a": \xff}',
            b'{"jsonrpc":"2.0","method":"\xc3\x28","id":1}',
            b'{"jsonrpc":"2.0","method":"\\ud800","id":1}',
            b'{"jsonrpc":"2.0","method":"ping","id":NaN}',
            b'{"jsonrpc":"2.0","method":"ping","id":1,"params":{"x":Infinity}}',
            b'{"jsonrpc":"2.0","method":"ping","id":1,"params":{"x":-Infinity}}',
            b'{"jsonrpc":"2.0","method":"ping","id":1e999}',
            call(id=1) + call(id=2),
            b"\xef\xbb\xbf" + call(id=1),
        ):
            answer = refusal(frame)
            self.assertEqual((answer["error"]["code"], answer["id"]), (-32700, None), frame)

    def test_no_envelope(self) -> None:
        """-32600 for JSON that is no call, with a hint."""
        for frame in (b"1", b'"ping"', b"null", b"[]", b"{}", b'{"method":"ping","id":1}'):
            answer = refusal(frame)
            self.assertEqual(answer["error"]["code"], -32600, frame)
            self.assertIn("hint", answer["error"]["data"])

    def test_id_where_one_could_be_read(self) -> None:
        """A bad version or method is answered under the id of the call."""
        self.assertEqual(refusal(call(id=7, jsonrpc="1.0"))["id"], 7)
        self.assertEqual(refusal(call(id="x", method=3))["id"], "x")
        self.assertEqual(refusal(call(id="x", method=None))["error"]["code"], -32600)

    def test_answers_sent_to_us(self) -> None:
        """An answer is no call, whatever its ``error`` holds."""
        for frame in (b'{"jsonrpc":"2.0","id":1,"result":1}', b'{"jsonrpc":"2.0","id":1,"error":7,"fault":[]}'):
            self.assertEqual(refusal(frame)["error"]["code"], -32600)

    def test_params_of_another_type(self) -> None:
        """Strings, numbers and null are -32602 under the call's id."""
        for params in ("x", 1, None, True):
            answer = refusal(call(id=4, params=params))
            self.assertEqual((answer["error"]["code"], answer["id"]), (-32602, 4))
            self.assertEqual(answer["error"]["data"]["param"], "params")

    def test_bad_params_of_a_notification(self) -> None:
        """Nobody is told."""
        with self.assertRaises(Refused) as caught:
            single(call(params="x"))
        self.assertIsNone(caught.exception.answer)

    def test_batch(self) -> None:
        """Each for itself: what is no call has its own answer."""
        found = parse(b"[" + call(id=1) + b",5," + call() + b',{"id":7}]')
        assert isinstance(found, Batch)
        first, no_call, silent, no_version = found.calls
        assert isinstance(first, Request) and isinstance(silent, Request)
        self.assertEqual((first.ident, first.answered, silent.answered), (1, True, False))
        for each, ident in ((no_call, None), (no_version, 7)):
            assert isinstance(each, Refused) and each.answer is not None
            answer = json.loads(each.answer)
            self.assertEqual((answer["error"]["code"], answer["id"]), (-32600, ident))

    def test_size_of_a_batch(self) -> None:
        """1 to 50."""
        for number in (0, 51):
            answer = refusal(b"[" + b",".join([call(id=1)] * number) + b"]")
            self.assertEqual((answer["error"]["code"], answer["id"]), (-32600, None))
        found = parse(b"[" + b",".join([call(id=1)] * 50) + b"]")
        assert isinstance(found, Batch)
        self.assertEqual(len(found.calls), 50)

    def test_answer_of_a_batch(self) -> None:
        """An array of those that want one; nothing where none does."""
        self.assertEqual(jsonrpc.batch([b"1", None, b"2"]), b"[1,2]")
        self.assertIsNone(jsonrpc.batch([None, None]))


class DepthTests(SynchronousTestCase):
    """At most 32 levels."""

    def nested(self, levels: int) -> bytes:
        return call(id=1, params={"x": 0}).replace(b"0}", b"[" * levels + b"]" * levels + b"}")

    def test_limit(self) -> None:
        """The 32nd level is taken, the 33rd refused; the call and its params are two."""
        self.assertEqual(single(self.nested(30)).method, "ping")
        self.assertEqual(refusal(self.nested(31))["error"]["code"], -32600)

    def test_very_deep(self) -> None:
        """A megabyte of brackets is refused, not a RecursionError."""
        self.assertEqual(refusal(b"[" * (1 << 20))["error"]["code"], -32600)
        self.assertEqual(refusal(b'{"a":' * 100_000)["error"]["code"], -32600)

    def test_brackets_in_strings_and_beside_each_other(self) -> None:
        """Neither makes a text deep."""
        text = '[{"\\' * 100
        self.assertEqual(single(call(id=1, params={"x": text})).params, {"x": text})
        self.assertEqual(single(call(id=1, params={"x": [[]] * 100})).params, {"x": [[]] * 100})

    def test_strings_that_never_end(self) -> None:
        """A megabyte of escaped quotes after enough brackets costs time in proportion to its length."""
        frame = b"[]" * 33 + b'"' + b'\\"' * (1 << 19)
        began = time.process_time()
        self.assertEqual(refusal(frame)["error"]["code"], -32700)
        self.assertLess(time.process_time() - began, 2)


class BuildTests(SynchronousTestCase):
    """What goes out."""

    def test_result(self) -> None:
        """jsonrpc, id and result, nothing else; null is a result."""
        self.assertEqual(json.loads(jsonrpc.result(3, None)), {"jsonrpc": "2.0", "id": 3, "result": None})

    def test_error(self) -> None:
        """code, message and data with a reason."""
        answer = json.loads(jsonrpc.error("x", NotFound("Camera", "camera9")))
        self.assertEqual(
            answer,
            {
                "jsonrpc": "2.0",
                "id": "x",
                "error": {
                    "code": -32010,
                    "message": "Camera not found",
                    "data": {"reason": "not_found", "resource": "camera", "id": "camera9"},
                },
            },
        )

    def test_notification(self) -> None:
        """No id at all."""
        self.assertEqual(
            json.loads(jsonrpc.notification("tick", {"a": 1})),
            {"jsonrpc": "2.0", "method": "tick", "params": {"a": 1}},
        )

    def test_no_nan(self) -> None:
        """Numbers that JSON does not know are never sent."""
        for number in (float("nan"), float("inf")):
            self.assertIsNone(json.loads(jsonrpc.result(1, number), parse_constant=self.fail)["result"])

    def test_unset_is_left_out(self) -> None:
        """Optional fields of a result stand there only when set."""

        class Some(msgspec.Struct):
            a: int
            b: int | msgspec.UnsetType = msgspec.UNSET

        self.assertEqual(json.loads(jsonrpc.result(1, Some(1)))["result"], {"a": 1})

"""Log lines: their look, and that no credential stands in one."""

from __future__ import annotations

import io
import json
from typing import Any

from twisted.logger import Logger, LogLevel, LogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from camsvc.system import logs

STEERING_LETTERS = "\x00\x08\n\r\x1b\x7f\x85\x9b\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069"


class ObserverTests(SynchronousTestCase):
    """Lines as an operator reads them."""

    def lines(self, form: str = "text", level: str = "info") -> tuple[Logger, io.StringIO]:
        stream = io.StringIO()
        publisher = LogPublisher(logs.observer(level, form, stream))
        return Logger("camsvc.engine.supervisor.Engine", observer=publisher), stream

    def json_line(self, **fields: Any) -> dict[str, Any]:
        log, stream = self.lines("json")
        log.info("{a}", **fields)
        return json.loads(stream.getvalue(), parse_constant=self.fail)

    def test_text(self) -> None:
        """Time in UTC, level, module, text."""
        log, stream = self.lines()
        log.info("{camera} is here", camera="camera0")
        pattern = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info     engine\.supervisor: camera0 is here\n\Z"
        self.assertRegex(stream.getvalue(), pattern)

    def test_text_of_a_stranger(self) -> None:
        """A newline does not begin a line, an escape does not reach the terminal."""
        log, stream = self.lines()
        log.info("{name}", name="a\n2026 info forged\x1b[31m")
        text = stream.getvalue()
        self.assertEqual([line[0] for line in text.splitlines()], ["2", "\t"])
        self.assertNotIn("\x1b", text)

    def test_characters_that_steer(self) -> None:
        """C0, C1, line separators and marks of direction come through nowhere: text, fields and tracebacks."""
        for form in ("text", "json"):
            for letter in STEERING_LETTERS:
                log, stream = self.lines(form)
                try:
                    raise ValueError(f"a{letter}2026 info forged")
                except ValueError:
                    log.failure("while {doing}", Failure(), doing=f"a{letter}2026 info forged")
                written = stream.getvalue()
                self.assertNotIn(letter, written.replace("\n", ""), ascii(letter))
                lines = written.splitlines()
                self.assertEqual({line[0] for line in lines[1:]} - {"\t"}, set(), ascii(letter))

    def test_braces_in_values(self) -> None:
        """A value is never taken for a format."""
        log, stream = self.lines()
        log.info("{name}", name="{oops}")
        self.assertIn("{oops}", stream.getvalue())

    def test_json(self) -> None:
        """One object a line, with the fields of the event."""
        line = self.json_line(a="x", camera="camera0", n=3, some=True, none=None)
        self.assertEqual(
            (line["message"], line["level"], line["part"]), ("x", "info", "camsvc.engine.supervisor.Engine")
        )
        self.assertEqual((line["camera"], line["n"], line["some"], line["none"]), ("camera0", 3, True, None))

    def test_json_numbers(self) -> None:
        """NaN and Infinity, which JSON does not know, are words."""
        line = self.json_line(a=1.5, b=float("nan"), c=float("inf"))
        self.assertEqual((line["a"], line["b"], line["c"]), (1.5, "nan", "inf"))

    def test_json_redacts_fields(self) -> None:
        """The message and every field."""
        line = self.json_line(a="rtsp://u:pw@h/", other=["rtsp://u:pw@h/"])
        self.assertNotIn("pw", json.dumps(line))

    def test_failures(self) -> None:
        """The traceback stands below, without credentials, in both forms."""
        for form in ("text", "json"):
            log, stream = self.lines(form)
            try:
                raise ValueError("rtsp://u:pw@h/")
            except ValueError:
                log.failure("while {doing}", Failure(), doing="testing")
            self.assertIn("ValueError", stream.getvalue())
            self.assertIn("while testing", stream.getvalue())
            self.assertNotIn("pw", stream.getvalue())

    def test_level(self) -> None:
        """Nothing below the level."""
        log, stream = self.lines(level="warn")
        log.info("quiet")
        log.warn("loud")
        self.assertNotIn("quiet", stream.getvalue())
        self.assertIn("loud", stream.getvalue())

    def test_chatty_frameworks(self) -> None:
        """Twisted's information is left out, its warnings are not."""
        stream = io.StringIO()
        log = Logger("twisted.web.http", observer=logs.observer("info", "text", stream))
        log.info("Starting factory")
        log.warn("broken")
        self.assertNotIn("Starting", stream.getvalue())
        self.assertIn("broken", stream.getvalue())

    def test_warnings_of_libraries(self) -> None:
        """A stranger can cause some of them without end: of each kind some are written, then their number."""
        stream = io.StringIO()
        observe = logs.observer("info", "text", stream)

        def emit(namespace: str, form: str, at: float) -> None:
            observe({"log_time": at, "log_level": LogLevel.warn, "log_namespace": namespace, "log_format": form})

        for number in range(1000):
            for form in ("received non-pending pong", "another"):
                emit("autobahn.websocket.protocol", form, 1000.0 + number / 100)
        self.assertEqual(stream.getvalue().count("\n"), 2 * logs.FIRST)
        emit("camsvc.app.service.Camsvc", "hello", 1061.0)
        *_, one, other, hello = stream.getvalue().splitlines()
        self.assertIn(f"{1000 - logs.FIRST} more lines of the kind: received non-pending pong", one)
        self.assertIn(f"{1000 - logs.FIRST} more lines of the kind: another", other)
        self.assertTrue(hello.endswith("hello"))

    def test_reader_gone(self) -> None:
        """A closed pipe does not disturb who logs."""

        class Gone(io.StringIO):
            def write(self, _text: str) -> int:
                raise BrokenPipeError

        observer = logs.observer("info", "text", Gone())
        Logger("camsvc.x", observer=observer).info("hello")

    def test_bare_event(self) -> None:
        """An event with nothing in it is still a line."""
        for form in ("text", "json"):
            stream = io.StringIO()
            logs.observer("info", form, stream)({"log_level": LogLevel.error, "log_namespace": "camsvc"})
            self.assertEqual(stream.getvalue().count("\n"), 1)

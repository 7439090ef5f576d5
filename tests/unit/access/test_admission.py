"""What the media engine may let pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

import tests.support.strategies  # noqa: F401
from camsvc.access import keys
from camsvc.access.admission import Admission, EngineSecrets, Question, viewing_of
from camsvc.access.admitted_sessions import AdmittedSessions
from camsvc.access.credentials import Credentials, SharedLogin
from camsvc.access.keys import ApiKey
from camsvc.access.publish_password import PUBLISH_USER, sign
from camsvc.access.roles import Role
from camsvc.access.tokens import FILE, STREAM, Tokens
from camsvc.audit.refused_credentials import RefusedCredentials
from camsvc.config.schema import Limits
from camsvc.limits.viewer_shares import ViewerShares
from tests.support.clocks import FakeClocks
from tests.support.samples import OTHER_SECRET, SECRET, credentials, principal

NOW, BOOT = 1_800_000_000.0, 5000.0
KEY = b"k" * 32
CLOCKS = FakeClocks(wall=NOW, boot=BOOT)
SHARED = EngineSecrets(KEY, b"internal", b"api")


class AdmissionTests(SynchronousTestCase):
    """Every action, from here and from afar."""

    def setUp(self) -> None:
        self.tokens = Tokens(SECRET)
        self.who = principal(Role.VIEWER, expires_at=NOW + 3600)
        self.known = Credentials(self.tokens)
        self.admitted = AdmittedSessions(Path(self.mktemp()), CLOCKS)
        self.addCleanup(self.admitted.close)
        self.shares = ViewerShares(Limits(viewer_streams=3, viewer_webrtc_streams=2), CLOCKS)
        self.told: list[tuple[Any, ...]] = []
        self.admission = Admission(
            self.known, self.admitted, self.shares, SHARED, CLOCKS,
            RefusedCredentials(Clock(), lambda *row: self.told.append(row)),
        )  # fmt: skip

    def allows(self, action: str, path: str = "camera0", ip: str = "127.0.0.1", **more: Any) -> bool:
        return self.admission.allows(Question(action, path, ip, **more))

    def ticket(self, path: str = "camera0", kind: str = STREAM, now: float = NOW) -> str:
        return self.tokens.ticket(kind, path, self.who, now, 60)

    def test_publish(self) -> None:
        """From loopback with the launcher's signed password."""
        password = sign(KEY, "camera0", BOOT)
        for ip in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"):
            self.assertTrue(self.allows("publish", ip=ip, user=PUBLISH_USER, password=password), ip)

    def test_publish_refused(self) -> None:
        """From afar, with another user, for another camera, too late, with other passwords, on other paths."""
        password = sign(KEY, "camera0", BOOT)
        good: dict[str, Any] = {"path": "camera0", "ip": "127.0.0.1", "user": PUBLISH_USER, "password": password}
        self.assertTrue(self.allows("publish", **good))
        for change in (
            {"ip": "192.168.1.5"},
            {"ip": "::ffff:192.168.1.5"},
            {"ip": ""},
            {"ip": "localhost"},
            {"user": ""},
            {"user": "_int", "password": "internal"},
            {"path": "camera1"},
            {"path": "camera0/x"},
            {"path": "rec/camera0/1", "password": sign(KEY, "rec/camera0/1", BOOT)},
            {"path": "other", "password": sign(KEY, "other", BOOT)},
            {"password": sign(KEY, "camera0", BOOT - 61)},
            {"password": sign(b"x" * 32, "camera0", BOOT)},
            {"password": self.tokens.issue("me", Role.ADMIN, NOW, 60)},
            {"password": ""},
            {"password": "ä"},
        ):
            self.assertFalse(self.allows("publish", **{**good, **change}), change)

    def test_read_by_ticket(self) -> None:
        """For the camera it names, from anywhere, until it runs out."""
        self.assertTrue(self.allows("read", ip="10.0.0.9", query=f"ticket={self.ticket()}"))
        for query in (
            f"ticket={self.ticket('camera1')}",
            f"ticket={self.ticket(kind=FILE)}",
            f"ticket={self.ticket(now=NOW - 61)}",
            "ticket=x",
            "ticket=",
            "",
            f"ticket=x&ticket={self.ticket()}",
        ):
            self.assertFalse(self.allows("read", query=query), query)

    def test_read_by_token(self) -> None:
        """As password under any user, as bearer token, or in the query."""
        token = self.tokens.issue("me", Role.VIEWER, NOW, 60)
        for shown in (
            {"user": "x", "password": token},
            {"token": token},
            {"query": f"token={token}"},
            {"query": f"jwt={token}"},
        ):
            self.assertTrue(self.allows("read", ip="10.0.0.9", **shown), shown)
        self.assertFalse(self.allows("read", password=Tokens(OTHER_SECRET).issue("me", Role.ADMIN, NOW, 60)))
        self.assertFalse(self.allows("read", password=self.tokens.issue("me", Role.ADMIN, NOW - 100, 60)))
        self.assertFalse(self.allows("read"))

    def test_read_by_onvif_login(self) -> None:
        """User and password together, where there are such viewers: they watch, and do nothing else."""
        login = SharedLogin("viewer", "four little words")
        shared = evolve(SHARED, onvif=login)
        right = {"user": "viewer", "password": "four little words"}
        self.assertFalse(self.allows("read", ip="10.0.0.9", **right))
        self.admission = Admission(self.known, self.admitted, self.shares, shared, CLOCKS)
        self.assertTrue(self.allows("read", ip="10.0.0.9", **right))
        self.assertTrue(self.allows("read", path="web/camera0", **right))
        for change in ({"user": "other"}, {"user": ""}, {"password": "four little word"}, {"password": ""}):
            self.assertFalse(self.allows("read", **{**right, **change}), change)
        for action in ("publish", "api", "playback"):
            self.assertFalse(self.allows(action, **right), action)
        for path in ("rec/camera0/1", "other", ""):
            self.assertFalse(self.allows("read", path=path, **right), path)

    def test_read_inside(self) -> None:
        """The recorder's own password counts on loopback alone, and for cameras alone."""
        self.assertTrue(self.allows("read", user="_int", password="internal"))
        self.assertFalse(self.allows("read", ip="10.0.0.9", user="_int", password="internal"))
        self.assertFalse(self.allows("read", user="me", password="internal"))
        self.assertFalse(self.allows("read", user="_int", password="internal2"))

    def test_hidden_paths(self) -> None:
        """Nobody reads a shadow path, a path with dots or one of no camera."""
        token = self.tokens.issue("me", Role.ADMIN, NOW, 60)
        for path in ("rec/camera0/1", "../camera0", "camera0/", "camera0\n", "", "all", "camera00000000"):
            self.assertFalse(self.allows("read", path, user="_int", password="internal"), path)
            self.assertFalse(self.allows("read", path, token=token), path)

    def test_web_path(self) -> None:
        """Who may read a camera may read what is made of it; only its own launcher publishes there."""
        path = "web/camera0"
        self.assertTrue(self.allows("read", path, user="_int", password="internal"))
        self.assertTrue(self.allows("read", path, query=f"ticket={self.ticket()}"))
        self.assertFalse(self.allows("read", "web/camera1", query=f"ticket={self.ticket()}"))
        self.assertFalse(self.allows("read", "web/camera0/x", query=f"ticket={self.ticket()}"))
        self.assertFalse(self.allows("read", path))
        own = sign(KEY, path, BOOT)
        self.assertNotIn("/", own)
        self.assertTrue(self.allows("publish", path, user=PUBLISH_USER, password=own))
        self.assertFalse(self.allows("publish", "camera0", user=PUBLISH_USER, password=own))
        self.assertFalse(self.allows("publish", path, user=PUBLISH_USER, password=sign(KEY, "camera0", BOOT)))

    def test_api(self) -> None:
        """Ourselves, from here."""
        self.assertTrue(self.allows("api", "", user="_api", password="api"))
        self.assertFalse(self.allows("api", "", ip="10.0.0.9", user="_api", password="api"))
        self.assertFalse(self.allows("api", "", user="_api", password="internal"))
        self.assertFalse(self.allows("api", ""))

    def test_other_actions(self) -> None:
        """playback, metrics, pprof and what may come are refused, whoever asks."""
        token = self.tokens.issue("me", Role.ADMIN, NOW, 60)
        for action in ("playback", "metrics", "pprof", "", "READ"):
            self.assertFalse(self.allows(action, user="_api", password="api"), action)
            self.assertFalse(self.allows(action, token=token), action)

    def test_api_keys(self) -> None:
        """As password, as token, in the query; for the key's cameras alone, until it is revoked."""
        ident = keys.new_ident()
        key = keys.make(ident)
        scope = frozenset(["camera1"])
        self.known.keys.add(ApiKey(ident, "door", keys.digest(key), Role.VIEWER, scope, NOW, "me"))
        ways: tuple[dict[str, str], ...] = ({"password": key}, {"token": key}, {"query": f"token={key}"})
        for way in ways:
            self.assertTrue(self.allows("read", "camera1", "192.168.1.5", **way), way)
            self.assertFalse(self.allows("read", "camera0", "192.168.1.5", **way), way)
        self.known.keys.remove(ident)
        for way in ways:
            self.assertFalse(self.allows("read", "camera1", "192.168.1.5", **way), way)

    def test_noted(self) -> None:
        """Who came in by whatever, and ourselves, under the engine's id for the path; nobody who was refused."""
        token = self.tokens.issue("me", Role.VIEWER, NOW, 60)
        for ident, shown in (
            ("password", {"password": token}),
            ("query", {"query": f"token={token}"}),
            ("ourselves", {"user": "_int", "password": "internal"}),
            ("ticket", {"query": f"ticket={self.ticket()}"}),
            ("refused", {"password": "x"}),
        ):
            self.allows("read", id=ident, **shown)
        found = {name: self.admitted.find([name], "camera0") for name in
                 ("password", "query", "ourselves", "ticket", "refused")}  # fmt: skip
        self.assertEqual([len(entries) for entries in found.values()], [1, 1, 1, 1, 0])
        who = self.tokens.principal(token, NOW)
        principals = [entry.principal for entries in found.values() for entry in entries]
        self.assertEqual(principals, [who, who, None, self.who])
        self.assertEqual(self.admitted.find(["password"], "camera1"), [])
        self.assertTrue(self.allows("read", id=None, password=token))

    def test_shares(self) -> None:
        """So many streams for one user or key, and for one address; camsvc, and who is in, are not kept out."""
        token = self.tokens.issue("me", Role.VIEWER, NOW, 60)
        more: dict[str, Any] = {"password": token, "protocol": "hls"}
        self.assertEqual([self.allows("read", id=f"r{n}", **more) for n in range(4)], [True, True, True, False])
        self.assertTrue(self.allows("read", id="r1", **more), "its next request")
        more["protocol"] = "webrtc"
        self.assertEqual([self.allows("read", id=f"w{n}", **more) for n in range(3)], [True, True, False])
        other = {"password": self.tokens.issue("you", Role.VIEWER, NOW, 60)}
        self.assertTrue(self.allows("read", id="you", **other))
        self.assertTrue(self.allows("read", id="int", user="_int", password="internal"))
        afar = [
            self.allows("read", ip="192.0.2.1", id=f"a{n}", protocol="hls", query=f"ticket={self.ticket_of(n)}")
            for n in range(4)
        ]
        self.assertEqual(afar, [True, True, True, False])
        self.shares.set_listed([viewing_of("rtsp", [self.tokens.principal(token, NOW)], "")] * 3, ())
        self.assertFalse(self.allows("read", id="r9", password=token, protocol="rtsps"))
        self.shares.set_listed([], ())
        self.assertTrue(self.allows("read", id="r9", password=token, protocol="rtsps"))

    def test_share_of_an_address(self) -> None:
        """Whoever camsvc asks for counts at the address that camsvc names; from afar nobody chooses another's."""

        def watches(ident: str, ip: str = "127.0.0.1", viewer: str = "192.0.2.7") -> bool:
            token = self.tokens.issue(ident, Role.VIEWER, NOW, 60)
            return self.allows("read", ip=ip, id=ident, password=token, protocol="webrtc", query=f"viewer={viewer}")

        self.assertEqual([watches(f"w{n}") for n in range(3)], [True, True, False])
        self.assertTrue(watches("elsewhere", viewer="192.0.2.8"))
        self.assertFalse(watches("liar", ip="192.0.2.7", viewer="192.0.2.9"))
        self.assertEqual([entry.address for entry in self.admitted.find(["w0"], "camera0")], ["192.0.2.7"])

    def ticket_of(self, number: int) -> str:
        """A ticket of one of many users."""
        who = principal(Role.VIEWER, subject=f"user{number}", expires_at=NOW + 3600)
        return self.tokens.ticket(STREAM, "camera0", who, NOW, 60)

    def test_refused_is_told(self) -> None:
        """A refused password, token or key stands in the audit log, whatever path it was shown for."""
        old = self.tokens.issue("me", Role.VIEWER, NOW - 100, 60)
        for number, (action, path, shown, reason) in enumerate(
            (
                ("read", "camera0", {"user": "admin", "password": "12345"}, "bad_credential"),
                ("read", "live/ch0", {"user": "admin", "password": "12345"}, "bad_credential"),
                ("read", "camera0", {"token": "csk_x"}, "bad_credential"),
                ("read", "camera0", {"query": f"token={old}"}, "token_expired"),
                ("publish", "camera0", {"user": "x", "password": "y"}, "bad_credential"),
                ("api", "", {"user": "_api", "password": "y"}, "bad_credential"),
                ("playback", "camera0", {"user": "x", "password": "y"}, "bad_credential"),
            )
        ):
            ip = f"10.0.0.{number}"
            self.assertFalse(self.allows(action, path, ip, protocol="rtsp", **shown))
            asked = {"action": action, "path": path, "protocol": "rtsp"}
            self.assertEqual(self.told.pop(), ("", ip, "stream", asked, f"-32001 {reason}"))
        self.assertEqual(self.told, [])

    def test_no_login_is_not_told(self) -> None:
        """No credential, a ticket that is worth nothing, a right that does not reach so far: no refused login."""
        token = self.tokens.issue("me", Role.VIEWER, NOW, 60)
        for action, path, shown in (
            ("read", "camera0", {}),
            ("publish", "camera0", {}),
            ("read", "camera0", {"query": f"ticket={self.ticket(now=NOW - 61)}"}),
            ("read", "camera0", {"query": "ticket=x"}),
            ("read", "live/ch0", {"password": token}),
        ):
            self.assertFalse(self.allows(action, path, "10.0.0.1", **shown), (action, path, shown))
        self.assertTrue(self.allows("read", ip="10.0.0.1", password=token))
        self.assertEqual(self.told, [])

    def test_huge_query(self) -> None:
        """More fields than are read: no, and nothing in the log."""
        self.assertFalse(self.allows("read", query="&".join(f"a{n}=1" for n in range(1000))))
        self.assertFalse(self.allows("read", query=f"ticket={'x' * 100_000}"))

    @given(st.sampled_from(["read", "publish", "api"]), *[st.text(max_size=30)] * 6)
    def test_any_question(
        self, action: str, path: str, ip: str, user: str, password: str, query: str, token: str
    ) -> None:
        """Nobody guesses their way in, and nothing raises."""
        admission = Admission(credentials(), self.admitted, self.shares, SHARED, CLOCKS)
        for asked in (path, "camera0"):
            question = Question(action, asked, ip, user, password, query, token)
            self.assertFalse(admission.allows(question))

"""The login of ONVIF's pictures: HTTP Digest, and that nothing tells a user that is none from a wrong password."""

from __future__ import annotations

from hashlib import md5
from typing import Any

from twisted.cred.credentials import DigestedCredentials
from twisted.internet.address import IPv4Address
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.test.requesthelper import DummyRequest

from camsvc.access.credentials import SharedLogin
from camsvc.outward.onvif.onvif_pages import OnvifSnapshots

LOGIN = SharedLogin("onvif", "four little words")
PATH = "/onvif/snapshot/camera0.jpg"


def hexed(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


class Authentication:
    """Issues one token, and notes who is refused."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def issue(self, *_: object) -> str:
        return "TOKEN"

    def tell_refused(self, *said: object) -> None:
        self.refused.append(repr(said))

    def __getattr__(self, _name: str) -> Any:
        return self.tell_refused


class OnvifSnapshotsTests(SynchronousTestCase):
    """``OnvifSnapshots``."""

    def setUp(self) -> None:
        authentication: Any = Authentication()
        self.cameras: Any = object()
        self.snapshots = OnvifSnapshots(LOGIN, authentication, self.cameras)

    def asked(self, authorization: str = "") -> Any:
        request: Any = DummyRequest([])
        request.path = PATH.encode()
        request.method, request.postpath, request.prepath = b"GET", [], []
        request.client = IPv4Address("TCP", "127.0.0.1", 9)
        request.getClientAddress = lambda: request.client
        if authorization:
            request.requestHeaders.setRawHeaders(b"authorization", [authorization.encode()])
        return self.snapshots.getChild(b"camera0.jpg", request), request

    def login(self, user: str, password: str) -> str:
        """What a viewer answers to a new challenge (RFC 7616, section 3.4)."""
        page, request = self.asked()
        page.render(request)
        words = request.responseHeaders.getRawHeaders(b"www-authenticate")[0].decode().removeprefix("Digest ")
        told = dict(each.split("=", 1) for each in words.split(", "))
        nonce, opaque = told["nonce"].strip('"'), told["opaque"].strip('"')
        shown = hexed(f"{hexed(f'{user}:camsvc:{password}')}:{nonce}:00000001:abc:auth:{hexed(f'GET:{PATH}')}")
        return (
            f'Digest username="{user}", realm="camsvc", nonce="{nonce}", uri="{PATH}", qop=auth, nc=00000001,'
            f' cnonce="abc", response="{shown}", opaque="{opaque}"'
        )

    def test_login(self) -> None:
        """The right one sees the camera; another user, or password, is asked again."""
        self.assertIs(self.asked(self.login("onvif", LOGIN.password))[0], self.cameras)
        for user, password in (("admin", LOGIN.password), ("onvif", "another"), ("admin", "another")):
            page, request = self.asked(self.login(user, password))
            page.render(request)
            self.assertEqual(request.responseCode, 401)

    def test_same_work(self) -> None:
        """The password is looked at once, whoever the user is: that is most of the time that a login takes."""
        looked: list[bytes] = []
        check = DigestedCredentials.checkPassword
        self.patch(
            DigestedCredentials,
            "checkPassword",
            lambda it, password: (looked.append(it.username), check(it, password))[1],
        )
        users = ("onvif", "nobody", "o" * 50)
        for user in users:
            self.asked(self.login(user, "wrong"))
        self.assertEqual(looked, [user.encode() for user in users])

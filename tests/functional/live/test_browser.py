"""The page in a real browser: each transport of a picture, what it says, and that the picture comes back."""

from __future__ import annotations

import os
import signal
from typing import Any

from tests.support.browser.browser import Browser, Gray, likeness
from tests.support.daemon.daemon import Daemon, DaemonTestCase
from tests.support.daemon.proxies import NAME, Nginx, program
from tests.support.engine.engines import per_engine
from tests.support.spawned import eventually

NAMES = ("North gate", "Yard 2")
WIDTH, HEIGHT = 640, 360
USER, PASSWORD = "ann", "four little words here"

CAMERAS = "".join(
    f'[[camera]]\nname = "{name}"\nkind = "test"\nwidth = {WIDTH}\nheight = {HEIGHT}\nfps = 15\n' for name in NAMES
)


class BrowserTestCase(DaemonTestCase):
    """With two cameras, a user and a Chromium."""

    cameras = CAMERAS
    options: tuple[str, ...] = ()
    timeout = 240

    async def setUp(self) -> None:
        await super().setUp()
        await self.call("create_user", username=USER, password=PASSWORD, role="viewer")
        self.browser = Browser(self, *self.options)
        await self.browser.started()

    async def call(self, method: str, **params: Any) -> Any:
        """A method, as an admin."""
        answer = await self.daemon.rpc({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        self.assertNotIn("error", answer)
        return answer["result"]

    async def open(self, **options: Any) -> None:
        """The page, logged in."""
        await self.browser.do("open", url=f"http://127.0.0.1:{self.daemon.port}/", **options)
        await self.browser.do("login", user=USER, password=PASSWORD)

    async def moves(self, device: str, transport: str, timeout_s: float = 60) -> dict[str, Any]:
        """Wait until a camera's picture moves by the transport that is asked for; how its tile is then."""
        seen: set[Any] = set()
        found: dict[str, Any] = {}

        async def moving() -> bool:
            nonlocal found
            found = await self.browser.do("look", device=device) or {}
            if not found.get("shown") or found["transport"] != transport:
                seen.clear()
                return False
            seen.add(found["frames"])
            return len(seen) >= 4

        try:
            await eventually(moving, timeout_s, 0.2)
        except AssertionError as why:
            complaints = await self.browser.do("complaints")
            raise AssertionError(f"{device} over {transport}: {found}; {complaints}") from why
        return found

    async def is_small(self) -> None:
        """The page holds less than 50 MB of its own; what the browser keeps of video is not in it."""
        self.assertLess(await self.browser.do("heap"), 50e6)

    async def is_the_right_one(self, number: int) -> None:
        """The picture holds the camera's own name, not the other's, and a clock that runs."""
        pages = [Gray.of_page(await self.browser.do("pixels", device=f"camera{number}"))]
        self.assertEqual((pages[0].width, pages[0].height), (WIDTH, HEIGHT))
        like = []
        for other, name in enumerate(NAMES):
            reply = await self.daemon.get(
                f"/cameras/camera{other}/preview.jpg", authorization=f"Bearer {self.daemon.token('viewer')}"
            )
            picture = await Gray.of_jpeg(self, reply.body, WIDTH, HEIGHT)
            like.append(likeness(pages[0].text(0, len(name)), picture.text(0, len(name))))
        self.assertGreater(like[number], 0.5)
        self.assertLess(like[1 - number], like[number] / 2)
        clocks = {pages[0].text(1, 23)}

        async def runs() -> bool:
            clocks.add(Gray.of_page(await self.browser.do("pixels", device=f"camera{number}")).text(1, 23))
            return len(clocks) > 2

        await eventually(runs, 20, 0.5)


class TransportTests(BrowserTestCase):
    """WebRTC, HLS, pictures."""

    async def test_webrtc(self) -> None:
        """Both cameras over WebRTC, each in its own place, without a complaint of the browser."""
        await self.open()
        for number, name in enumerate(NAMES):
            found = await self.moves(f"camera{number}", "WebRTC")
            self.assertEqual((found["name"], found["why"], found["words"]), (name, "", ""))
            await self.is_the_right_one(number)
        self.assertEqual([text for text in await self.browser.do("complaints") if "/api/session" not in text], [])
        await self.is_small()

    async def test_hls(self) -> None:
        """A browser without WebRTC: HLS, and the page says why."""
        await self.open(without=["webrtc"])
        for number in range(2):
            found = await self.moves(f"camera{number}", "HLS")
            self.assertIn("no WebRTC", found["why"])
            await self.is_the_right_one(number)
        await self.is_small()

    async def test_pictures(self) -> None:
        """A browser that has neither: single pictures, and the page says why."""
        await self.open(without=["webrtc", "hls"])
        for number in range(2):
            found = await self.moves(f"camera{number}", "Pictures")
            self.assertIn("no HLS", found["why"])
            await self.is_the_right_one(number)
        await self.is_small()

    async def test_narrow(self) -> None:
        """On a phone nothing has to be scrolled sideways."""
        await self.open(viewport={"width": 360, "height": 740})
        await self.moves("camera0", "WebRTC")
        self.assertEqual(await self.browser.do("overhang"), 0)


# Runs in the page: ms from the first request for WebRTC to the first playlist of HLS.
FALL = """
const start = (like) => performance.getEntriesByType("resource").find(({ name }) => like.test(name)).startTime;
start(/camera0.*m3u8$/) - start(/camera0.whep$/)
"""
BLOCKED = "no way through for WebRTC's packets"


class NoUdpTests(BrowserTestCase):
    """A browser whose WebRTC may not use UDP, by its administrator's policy."""

    options = ("--webrtc-ip-handling-policy=disable_non_proxied_udp",)

    async def test_falls_to_hls(self) -> None:
        """HLS, and the page says why."""
        await self.open()
        for number in range(2):
            self.assertIn(BLOCKED, (await self.moves(f"camera{number}", "HLS"))["why"])


class BlockedUdpTests(BrowserTestCase):
    """A network that lets WebRTC's signalling through, but not its packets."""

    async def test_falls_to_hls_and_comes_back(self) -> None:
        """HLS within seconds, and the page says why; WebRTC, without a reload, when it is tried again and works."""
        await self.open(without=["udp"])
        await self.browser.do("mark", value="not loaded anew")
        for number in range(2):
            self.assertIn(BLOCKED, (await self.moves(f"camera{number}", "HLS"))["why"])
        self.assertLess(await self.browser.do("run", script=FALL), 8000)
        await self.browser.do("run", script="window.ahead = 90000")
        await self.posts(2)
        await self.moves("camera0", "HLS")
        await self.browser.do("run", script="window.blocked = false; window.ahead = 180000")
        for number in range(2):
            self.assertEqual((await self.moves(f"camera{number}", "WebRTC"))["why"], "")
        self.assertEqual(await self.browser.do("mark"), "not loaded anew")

    async def posts(self, at_least: int) -> None:
        """Wait until the page has asked for WebRTC once more than at its start."""
        script = 'performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("/whep")).length'

        async def asked() -> bool:
            return bool(await self.browser.do("run", script=script) > at_least)

        await eventually(asked, 30)


class BackTests(BrowserTestCase):
    """After something has died."""

    async def comes_back(self, transport: str, **options: Any) -> None:
        await self.open(**options)
        await self.moves("camera0", transport)
        await self.browser.do("mark", value="not loaded anew")
        before = self.daemon.engine_pid()
        os.kill(before, signal.SIGKILL)
        await eventually(lambda: self.daemon.engine_pid() != before, 30)
        await self.moves("camera0", transport, 90)
        await self.moves("camera1", transport, 90)
        self.assertEqual(await self.browser.do("mark"), "not loaded anew")

    async def test_engine_killed(self) -> None:
        """The picture comes back without a reload."""
        await self.comes_back("WebRTC")

    async def test_engine_killed_under_hls(self) -> None:
        """Over HLS too."""
        await self.comes_back("HLS", without=["webrtc"])

    async def test_camsvc_killed(self) -> None:
        """The picture goes on, as it comes from the engine; the page says what is wrong, and mends it by itself."""
        await self.open()
        await self.moves("camera0", "WebRTC")
        await self.browser.do("mark", value="not loaded anew")
        self.daemon.process.send(signal.SIGKILL)
        await self.daemon.process.when_ended()

        async def says() -> bool:
            return "trying again" in await self.browser.do("text")

        await eventually(says, 20)
        await self.moves("camera0", "WebRTC")
        await self.daemon.start()

        async def says_no_more() -> bool:
            return "trying again" not in await self.browser.do("text")

        await eventually(says_no_more, 60)
        await self.moves("camera0", "WebRTC")
        self.assertEqual(await self.browser.do("mark"), "not loaded anew")

    async def test_out_of_reach(self) -> None:
        """Who opens the page while camsvc is away is told so and what to do; afterwards the page is there again."""
        await self.open()
        await self.moves("camera0", "WebRTC")
        await self.browser.do("run", script="navigator.serviceWorker.ready.then(() => true)")
        self.daemon.process.send(signal.SIGKILL)
        await self.daemon.process.when_ended()
        await self.browser.do("reload")
        await self.says("out of reach")
        await self.daemon.start()
        await self.browser.do("reload")
        await self.moves("camera0", "WebRTC", 90)

    async def says(self, words: str) -> None:
        async def there() -> bool:
            return words in await self.browser.do("text")

        await eventually(there, 30)


class LoginTests(BrowserTestCase):
    """Who may look."""

    async def sees(self, text: str, timeout_s: float = 20) -> None:
        async def there() -> bool:
            return text in await self.browser.do("text")

        await eventually(there, timeout_s)

    async def test_wrong_password(self) -> None:
        """Is told in words; no camera is to be seen."""
        await self.browser.do("open", url=f"http://127.0.0.1:{self.daemon.port}/")
        await self.browser.do("login", user=USER, password="not that one")
        await self.sees("The user name or the password is wrong.")
        self.assertNotIn(NAMES[0], await self.browser.do("text"))

    async def test_first_login(self) -> None:
        """A password that must be changed is changed on the spot."""
        first, own = "one for the first time", "one of my own choice"
        await self.call("create_user", username="bob", password=first, role="viewer", must_change_password=True)
        await self.browser.do("open", url=f"http://127.0.0.1:{self.daemon.port}/")
        await self.browser.do("login", user="bob", password=first)
        await self.browser.do("renew", password=own, again="another one than that")
        await self.sees("not the same")
        await self.browser.do("renew", password=own)
        await self.moves("camera0", "WebRTC")

    async def test_right_ends(self) -> None:
        """A user who is locked out is back at the login, and nothing of theirs runs at the engine."""
        await self.open()
        await self.moves("camera0", "WebRTC")
        await self.call("update_user", username=USER, disabled=True)
        await self.sees("The login has ended")
        self.assertNotIn(NAMES[0], await self.browser.do("text"))

        async def nobody() -> bool:
            streams = await self.call("get_streams")
            return not any(stream["readers"] for stream in streams)

        await eventually(nobody, 15)

    async def test_logout(self) -> None:
        """Ends it, also after a reload."""
        await self.open()
        await self.moves("camera0", "WebRTC")
        await self.browser.do("logout")
        await self.sees("Log in")
        self.assertNotIn(NAMES[0], await self.browser.do("text"))


class BelowPathTests(BrowserTestCase):
    """Behind nginx, which serves camsvc below a path of its own name, over TLS."""

    options = ("--ignore-certificate-errors", f"--host-resolver-rules=MAP {NAME} 127.0.0.1")

    async def setUp(self) -> None:
        program("nginx")
        self.proxy = Nginx(self, "/cams")
        self.url = f"https://{NAME}:{self.proxy.port}/cams"
        server = f'public_url = "{self.url}"\ntrusted_proxies = ["127.0.0.1", "::1"]\n'
        self.daemon = Daemon(self, self.engine, self.cameras, server=server)
        await self.daemon.start()
        self.addCleanup(self.show_log)
        self.proxy.start(self.daemon)
        await self.call("create_user", username=USER, password=PASSWORD, role="viewer")
        self.browser = Browser(self, *self.options)
        await self.browser.started()

    async def test_transports(self) -> None:
        """Login, WebSocket and each transport find their way."""
        for transport, without in (("WebRTC", []), ("HLS", ["webrtc"]), ("Pictures", ["webrtc", "hls"])):
            await self.browser.do("open", url=self.url, without=without)
            await self.browser.do("login", user=USER, password=PASSWORD)
            await self.moves("camera0", transport)


per_engine(globals(), TransportTests, NoUdpTests, BlockedUdpTests, BackTests, LoginTests, BelowPathTests)

"""Which mode is used, of modes as real cameras list them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from camsvc.devices.modes import choose_mode, from_json, modes_of, supports, to_json
from camsvc.model import Mode

C270 = (
    Mode("YUYV", 640, 480, (30.0, 25.0, 20.0, 15.0, 10.0, 5.0)),
    Mode("YUYV", 160, 120, (30.0, 15.0)),
    Mode("YUYV", 800, 600, (20.0, 15.0, 10.0, 5.0)),
    Mode("YUYV", 1280, 720, (7.5, 5.0)),
    Mode("YUYV", 1280, 960, (7.5, 5.0)),
    Mode("MJPG", 640, 480, (30.0, 15.0)),
    Mode("MJPG", 1280, 720, (30.0, 25.0, 15.0)),
    Mode("MJPG", 1280, 960, (30.0, 15.0)),
)
C920 = (
    Mode("YUYV", 640, 480, (30.0,), "/dev/video0"),
    Mode("MJPG", 1920, 1080, (30.0, 15.0), "/dev/video0"),
    Mode("H264", 640, 480, (30.0,), "/dev/video2"),
    Mode("H264", 1920, 1080, (30.0, 24.0, 15.0), "/dev/video2"),
)
OLD = (Mode("YUYV", 320, 240, (30.0,)), Mode("YUYV", 640, 480, (15.0,)), Mode("YUYV", 1280, 1024, (5.0,)))
VIVID = tuple(
    Mode(form, width, height, (60.0, 50.0, 30.0, 25.0, 15.0))
    for form in ("YUYV", "Y16", "AB24", "NV12", "GREY")
    for width, height in ((320, 180), (640, 360), (1280, 720), (1920, 1080), (3840, 2160))
)


def first(modes: tuple[Mode, ...], wanted: Mode | None = None) -> str:
    mode = choose_mode(modes, wanted)[0]
    return f"{mode.format} {mode.width}x{mode.height} {mode.fps[0]:g}"


def wanted(form: str, width: int, height: int, *fps: float) -> Mode:
    return Mode(form, width, height, fps)


class ChooseTests(SynchronousTestCase):
    """``choose_mode``."""

    def test_mjpeg(self) -> None:
        """720p at 30 where it is offered, with MJPEG, as USB carries it."""
        self.assertEqual(first(C270), "MJPG 1280x720 30")

    def test_h264(self) -> None:
        """What needs no encoding goes first, with the node that has it, and no larger than 1080p."""
        self.assertEqual(first(C920), "H264 1920x1080 30")
        self.assertEqual(choose_mode(C920)[0].node, "/dev/video2")
        self.assertEqual(first((*C920, Mode("H264", 3840, 2160, (30.0,)))), "H264 1920x1080 30")
        self.assertEqual(first((Mode("H264", 3840, 2160, (30.0,)), *C270)), "MJPG 1280x720 30")
        self.assertEqual(first((Mode("H264", 1920, 1080, (5.0,)), *C270)), "MJPG 1280x720 30")

    def test_raw(self) -> None:
        """Uncompressed pictures only as large as they come often enough."""
        self.assertEqual(first(C270[:5]), "YUYV 800x600 20")
        self.assertEqual(first(OLD), "YUYV 640x480 15")
        self.assertEqual(first(OLD[2:]), "YUYV 1280x1024 5")

    def test_vivid(self) -> None:
        """Of many formats the one that ffmpeg takes without loss; 30 of 60 pictures a second are enough."""
        self.assertEqual(first(VIVID), "YUYV 1280x720 30")

    def test_colour(self) -> None:
        """An infrared picture is the last resort."""
        modes = (Mode("GREY", 1280, 720, (30.0,)), Mode("YUYV", 640, 480, (10.0,)))
        self.assertEqual(first(modes), "YUYV 640x480 10")
        self.assertEqual(first(modes[:1]), "GREY 1280x720 30")

    def test_sizes_of_mjpeg(self) -> None:
        """Without 720p the nearest; a slow one never."""
        small, full = Mode("MJPG", 640, 480, (30.0,)), Mode("MJPG", 1920, 1080, (30.0,))
        self.assertEqual(first((small, full)), "MJPG 1920x1080 30")
        self.assertEqual(first((small, full, Mode("MJPG", 1280, 720, (5.0,)))), "MJPG 1920x1080 30")
        self.assertEqual(first((Mode("MJPG", 3840, 2160, (30.0,)), small)), "MJPG 640x480 30")

    def test_unknown_formats(self) -> None:
        """What nobody here decodes is used only where there is nothing else."""
        self.assertEqual(first((Mode("BA81", 1280, 720, (30.0,)), Mode("GREY", 320, 240, (5.0,)))), "GREY 320x240 5")
        self.assertEqual(first((Mode("BA81", 1280, 720, (30.0,)),)), "BA81 1280x720 30")

    def test_wanted(self) -> None:
        """The owner's word counts where the camera offers it; its rate becomes the first."""
        self.assertEqual(first(C270, wanted("YUYV", 640, 480, 15)), "YUYV 640x480 15")
        self.assertEqual(first(C270, wanted("mjpg", 1280, 960)), "MJPG 1280x960 30")
        self.assertEqual(first(C270, wanted("MJPG", 1920, 1080, 30)), "MJPG 1280x720 30")
        self.assertEqual(first(C270, wanted("YUYV", 640, 480, 29)), "MJPG 1280x720 30")
        self.assertTrue(supports(C270, wanted("YUYV", 640, 480, 15)))
        self.assertTrue(supports((Mode("YUYV", 640, 480, (29.97,)),), wanted("YUYV", 640, 480, 30)))
        self.assertFalse(supports(C270, wanted("YUYV", 640, 480, 29)))
        self.assertFalse(supports(C270, wanted("H264", 640, 480)))

    def test_nothing_is_lost(self) -> None:
        """The rest stays in the camera's order, with every rate; a camera without modes has none."""
        chosen = choose_mode(C270)
        self.assertEqual(chosen, (C270[6], *C270[:6], C270[7]))
        self.assertEqual(choose_mode(()), ())
        self.assertEqual(choose_mode(VIVID)[0].fps, (30.0, 60.0, 50.0, 25.0, 15.0))

    @given(
        st.lists(
            st.builds(
                Mode,
                st.sampled_from(["H264", "MJPG", "YUYV", "GREY", "XXXX"]),
                st.integers(1, 8000),
                st.integers(1, 8000),
                st.lists(st.floats(0.001, 1000), min_size=1, max_size=5, unique=True).map(tuple),
            ),
            max_size=8,
        )
    )
    def test_any_modes(self, modes: list[Mode]) -> None:
        """The same modes, in another order."""

        def plain(some: tuple[Mode, ...]) -> list[object]:
            return sorted((m.format, m.width, m.height, sorted(m.fps)) for m in some)

        self.assertEqual(plain(choose_mode(modes)), plain(tuple(modes)))


class TextTests(SynchronousTestCase):
    """Modes as the database keeps them."""

    def test_json(self) -> None:
        """Kept by part, without nodes, which change; what is no JSON of ours is nothing."""
        text = to_json({"1.0:0": C920[:2], "1.0:2": C920[2:]}.items())
        back = from_json(text)
        self.assertEqual(back["1.0:2"], tuple(Mode(m.format, m.width, m.height, m.fps) for m in C920[2:]))
        for bad in (None, "", "x", "[]", '{"a": 1}', '{"a": [["MJPG", 1, 1]]}', '{"a": [["MJPG", "1", 1, [1]]]}'):
            self.assertEqual(from_json(bad), {}, bad)

    def test_rows(self) -> None:
        """Rows that make no sense are left out."""
        rows = [
            ("MJPG", 1, 1, [1.0]),
            ("", 1, 1, [1.0]),
            ("MJPG", 0, 1, [1.0]),
            ("MJPG", 1, 1, []),
            ("X", 1, 1, [0.0]),
        ]
        self.assertEqual(modes_of(rows, "/dev/video1"), (Mode("MJPG", 1, 1, (1.0,), "/dev/video1"),))

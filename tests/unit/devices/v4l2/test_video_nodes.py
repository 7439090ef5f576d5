"""What udev's properties come to: which node belongs to which camera, and what that is known by."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from camsvc.devices.v4l2.video_nodes import INDEX, Node, parse, sane_serial
from tests.support.usb.udev_samples import (
    bare,
    c270,
    c920,
    card,
    grabber,
    laptop,
    loopback,
    rp1_cfe,
    unicam,
    usb,
    vivid,
)


def nodes(*sets: dict[str, str]) -> list[Node]:
    """The nodes among them that may be a camera's."""
    return [node for node in map(parse, sets) if node is not None]


class ParseTests(SynchronousTestCase):
    """Real cameras."""

    def test_c270(self) -> None:
        """One node counts; its serial is a placeholder, so only the port is left."""
        (node,) = nodes(*c270(0, "2"))
        self.assertEqual(
            (node.path, node.name, node.serial, node.port, node.part, node.capture),
            ("/dev/video0", "C270 HD WEBCAM", None, "usb:046d:0825@pci-0000:00:14.0-usb-0:2", "1.0:0", True),
        )

    def test_c920(self) -> None:
        """Two nodes of one camera, told apart by their part; metadata does not count."""
        picture, h264 = nodes(*c920(0, "2.4"))
        self.assertEqual(picture.group, h264.group)
        self.assertEqual((picture.part, h264.part), ("1.0:0", "1.0:2"))
        self.assertEqual((picture.path, h264.path), ("/dev/video0", "/dev/video2"))
        self.assertEqual(picture.serial, "usb:046d:082d:B5F7A8AF")
        self.assertEqual((picture.serial, picture.port), (h264.serial, h264.port))

    def test_laptop(self) -> None:
        """An empty serial is none; a name given twice is given once."""
        (node,) = nodes(*laptop())
        self.assertEqual((node.name, node.serial), ("Integrated Camera", None))

    def test_name_cut(self) -> None:
        """V4L2 has room for 31 letters of it."""
        (node,) = nodes(usb(0, "1", "0c45:6366", "HP Wide Vision HD Camera: HP Wide Vision", "x"))
        self.assertEqual(node.name, "HP Wide Vision HD Camera")

    def test_hubs(self) -> None:
        """Each port of each hub is another; the interface is no part of it."""
        ports = [nodes(*grabber(0, ports))[0].port for ports in ("1", "1.1", "1.1.2", "2.1", "11")]
        self.assertEqual(len(set(ports)), 5)
        self.assertEqual(ports[2], "usb:534d:2109@pci-0000:00:14.0-usb-0:1.1.2")

    def test_two_functions(self) -> None:
        """An infrared camera in the same case is a part of the same camera, by another name."""
        colour, infrared = nodes(usb(0, "8", "04f2:b6d0", "Cam", None), usb(2, "8", "04f2:b6d0", "IR", None, "1.2"))
        self.assertEqual(colour.group, infrared.group)
        self.assertEqual(colour.port, infrared.port)
        self.assertNotEqual(colour.part, infrared.part)

    def test_vivid(self) -> None:
        """Each instance is a camera, known by the name that the platform gives it."""
        self.assertEqual(
            [node.port for node in nodes(vivid(0, 0), vivid(1, 1))],
            [f"platform-vivid.0-vivid-00{n}-vid-cap" for n in (0, 1)],
        )
        self.assertEqual(nodes(vivid(0, 0))[0].serial, None)

    def test_capture_card(self) -> None:
        """Each input of a card is a camera of its own, whatever its node is called this time."""
        first, second = nodes(card(4, 0), card(7, 1))
        self.assertNotEqual(first.group, second.group)
        self.assertEqual((first.port, second.port), ("pci-0000:03:00.0", "pci-0000:03:00.0-video-index1"))

    def test_loopback(self) -> None:
        """Loopback devices share one folder; their number is all there is."""
        properties = [
            {
                "DEVNAME": f"/dev/video{number}",
                "DEVPATH": f"/devices/virtual/video4linux/video{number}",
                "ID_V4L_CAPABILITIES": ":capture:video_output:",
            }
            for number in (10, 11)
        ]
        self.assertEqual([node.port for node in nodes(*properties)], ["virtual-video10", "virtual-video11"])

    def test_not_cameras(self) -> None:
        """Outputs, radios, codecs and stages inside a chip."""
        sample = vivid(0)
        for change in (
            {"ID_V4L_CAPABILITIES": ":video_output:"},
            {"ID_V4L_CAPABILITIES": ":"},
            {"ID_V4L_CAPABILITIES": ""},
            {"DEVNAME": "/dev/vbi0"},
            {"DEVNAME": "/dev/video0/../sda"},
            {"DEVNAME": "/dev/video0\n"},
            {"DEVPATH": ""},
            {"ID_V4L_PRODUCT": "bcm2835-isp"},
        ):
            self.assertIsNone(parse(sample | change), change)
        self.assertIsNone(parse({}))

    def test_board(self) -> None:
        """CSI receivers and virtual cameras are asked, as udev cannot know; other outputs are no cameras."""
        found = nodes(unicam(), rp1_cfe(1), loopback(2), loopback(3, ":capture:video_output:"))
        self.assertEqual([node.capture for node in found], [None, None, None, True])
        self.assertEqual(found[0].port, "platform-fe801000.csi")
        self.assertIsNone(parse(card(0, 0) | {"ID_V4L_CAPABILITIES": ":video_output:"}))
        for product in ("bcm2835-isp", "bcm2835-codec-decode", "pispbe"):
            self.assertIsNone(parse(unicam() | {"ID_V4L_PRODUCT": product}), product)

    def test_without_udevd(self) -> None:
        """The kernel's own properties are enough for an identity; whether it captures has to be asked."""
        (node,) = nodes(bare(c920(0, "2.4")[0]))
        self.assertEqual((node.capture, node.serial, node.name), (None, None, "Camera"))
        self.assertEqual(node.port, "usb:?:?@pci0000:00-0000:00:14.0-usb1-1-2-1-2.4")
        self.assertEqual(nodes(bare(vivid(3, 1)))[0].port, "platform-vivid.0-vivid-001-vid-cap")
        added = {"ID_VENDOR_ID": "046D", "ID_MODEL_ID": "082D", "ID_SERIAL_SHORT": "B5F7A8AF", INDEX: "2"}
        (node,) = nodes(bare(c920(0, "2.4")[0]) | added)
        self.assertEqual((node.part, node.serial), ("1.0:2", "usb:046d:082d:B5F7A8AF"))

    def test_port_is_another_product(self) -> None:
        """Another product in the same port is another camera."""
        self.assertNotEqual(nodes(*c270(0, "2"))[0].port, nodes(*grabber(0, "2"))[0].port)

    def test_serials(self) -> None:
        """Serials that tell cameras apart, and those that do not."""
        for good in ("B5F7A8AF", "8BCD-11EF", "046d0825abc", "SN0A91D", "00a7c1f3"):
            self.assertEqual(sane_serial(good), good)
        self.assertEqual(sane_serial(" A1B2 C3D4\n"), "A1B2_C3D4")
        zeros = ("", " ", "0", "0000000000", "0001", "00000001", "01.00.00", "FFFFFFFF", "xxxx", "...", "ab")
        makers = ("200901010001", "SN0001", "123456789", "0123456789ABCDEF", "SunplusIT Inc", "USB_Camera", "None")
        for bad in (None, *zeros, *makers):
            self.assertIsNone(sane_serial(bad), bad)

    @settings(suppress_health_check=[HealthCheck.too_slow])  # of a machine with much else to do
    @given(
        st.dictionaries(
            st.sampled_from([*c920(0, "1")[0], INDEX]),
            st.text(max_size=30) | st.sampled_from([*c920(0, "1")[0].values()]),
        )
    )
    def test_anything(self, changes: dict[str, str]) -> None:
        """Whatever a device says of itself, a node comes of it or none; its name can be shown."""
        node = parse(c920(0, "1")[0] | changes)
        if node is not None:
            self.assertTrue(node.name.isprintable() and 0 < len(node.name) <= 60)
            self.assertTrue(node.path.startswith("/dev/video"))

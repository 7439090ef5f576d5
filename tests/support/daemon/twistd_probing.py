"""twistd in front of umockdev: ``twistd_probing.py PROGRAM ARGUMENTS…``.

Cameras are asked by PROGRAM in place of the V4L2 probe, and the machine's own udevd does not count: umockdev has no
database of udev, so none of its devices would seem to be ready. A node may be a file in a folder of /dev/shm.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from twisted.scripts.twistd import run

from camsvc.devices.v4l2 import probe, udev, video_nodes

probe.PROGRAM = Path(sys.argv.pop(1))
video_nodes._NODE = re.compile(r"/dev/(shm/[\w-]+/)?video\d+$")
udev.UDEVD = Path("/nonexistent")
sys.argv[0] = "twistd"
run()

"""What an engine has written, torn off anywhere, as a power cut or a full disk does: what is left of it plays."""

from __future__ import annotations

from itertools import pairwise

from camsvc.library import parts
from tests.support.daemon.daemon import DaemonTestCase, parts_folder
from tests.support.engine.engines import per_engine
from tests.support.media.ffmpeg import decode
from tests.support.spawned import eventually, scratch

CUTS = 500
FRAGMENTS = 4


class TruncationTests(DaemonTestCase):
    """The part of a recording under way, cut at so many places."""

    async def test_every_file_plays(self) -> None:
        """Each cut leaves whole fragments or nothing; each of those files decodes, and loses a fragment at most."""
        client = await self.daemon.connect()
        started = await client.call("start_recording", device="camera0")
        await client.sees("recording_status_update", confirmed=True)
        (part,) = parts_folder(self.daemon, started["filename"]).glob("*.mp4")
        folder = scratch(self)
        copy = folder / part.name

        def enough() -> bool:
            copy.write_bytes(part.read_bytes())
            found = parts.read(folder)
            return bool(found) and found[0].facts.duration_s > FRAGMENTS

        await eventually(enough, 30)
        whole = part.read_bytes()
        plays_s: dict[int, float] = {0: 0.0}
        left = 0
        for length in (round(len(whole) * number / CUTS) for number in range(CUTS + 1)):
            copy.write_bytes(whole[:length])
            found = parts.read(folder)
            before, left = left, found[0].facts.whole_bytes if found else 0
            self.assertTrue(before <= left <= length, (length, before, left))
            if not found:
                self.assertFalse(copy.exists())
            elif left not in plays_s:
                self.assertEqual(copy.read_bytes(), whole[:left])
                decoded = await decode(self, copy)
                self.assertEqual((decoded.code, decoded.errors), (0, ""), f"cut at {length} of {len(whole)}")
                plays_s[left] = found[0].facts.duration_s
                self.assertLess(abs(decoded.frames / 15 - plays_s[left]), 0.5)
        self.assertGreater(len(plays_s), FRAGMENTS)
        lengths = list(plays_s.values())
        self.assertLess(max(after - before for before, after in pairwise(lengths)), 1.6)


per_engine(globals(), TruncationTests)

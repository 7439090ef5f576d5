"""What the launcher says of its command line."""

from __future__ import annotations

from tests.support.media.launcher_program import LauncherTestCase


class MainTests(LauncherTestCase):
    """`camsvc-publish`, called wrongly, and asked for help."""

    async def test_refusals(self) -> None:
        """What it cannot do it says in one line, with exit status 1."""
        folder = ("--runtime-dir", str(self.dir))
        (self.dir / "pipelines" / "camera1.json").write_text("{}")
        for words, told in (
            ((*folder, "camera7"), "cannot read"),
            ((*folder, "camera1"), "is damaged"),
            ((*folder, "../camera0"), "is no name of a camera"),
            (("camera0",), "--help"),
            ((*folder, "--loud", "camera0"), "unknown option --loud"),
        ):
            self.errors.write_text("")
            await self.until_exit(self.launch(*words), 1)
            (line,) = self.errors.read_text().splitlines()
            self.assertIn(told, line)

    async def test_help(self) -> None:
        """``--help`` explains it."""
        await self.until_exit(self.launch("--help"), 0)

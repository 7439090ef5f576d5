"""All mistakes of a configuration at once, as an old file has them after an upgrade."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from camsvc.config.mistakes import mistakes


class MistakesTests(SynchronousTestCase):
    """``mistakes``."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp()).resolve()
        (self.folder / "camsvc.toml.d").mkdir(parents=True)
        self.main = self.folder / "camsvc.toml"

    def test_each_with_its_line(self) -> None:
        """Unknown keys, wrong types, a table without what it needs, of two files."""
        self.main.write_text('[server]\nprot = 1\nlisten = 3\n\n[[camera]]\nkind = "test"\n\n[storage]\nroom = 1\n')
        drop_in = self.folder / "camsvc.toml.d" / "a.toml"
        drop_in.write_text('[logs]\n# a comment\nlevel = "loud"\n')
        found = sorted(each.removeprefix(f"{self.folder}/") for each in mistakes(self.main))
        heads = [each.partition(": ")[0] for each in found]
        self.assertEqual(
            heads,
            ["camsvc.toml.d/a.toml:3", "camsvc.toml:2", "camsvc.toml:3", "camsvc.toml:5", "camsvc.toml:9"],
            found,
        )
        self.assertIn("did you mean port?", found[1])

    def test_well(self) -> None:
        """Nothing."""
        self.main.write_text("[server]\nport = 8003\n")
        self.assertEqual(mistakes(self.main), [])

    def test_together(self) -> None:
        """What does not fit together is told once each by itself is right."""
        self.main.write_text("[server]\nport = 9997\n")
        self.assertEqual(len(mistakes(self.main)), 1)

    def test_no_toml(self) -> None:
        """The other file is looked at all the same."""
        self.main.write_text("[server\n")
        (self.folder / "camsvc.toml.d" / "a.toml").write_text("[server]\nprot = 1\n")
        self.assertEqual(len(mistakes(self.main)), 2)

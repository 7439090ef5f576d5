"""What is offered to complete a command, and that both shells take the script."""

from __future__ import annotations

import shutil
import subprocess

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from camsvc.cli.commands.completion import BASH, ZSH, completions
from camsvc.cli.main import COMMANDS


class CompletionTests(SynchronousTestCase):
    """``completions``."""

    def test_commands(self) -> None:
        """All of them, and those that begin so."""
        self.assertEqual(completions([""]), sorted(COMMANDS))
        self.assertEqual(completions([]), sorted(COMMANDS))
        self.assertEqual(completions(["ca"]), ["call", "camera", "cameras"])

    def test_actions(self) -> None:
        """Of a command."""
        self.assertEqual(
            completions(["library", ""]),
            ["cleanup", "delete", "export", "get", "list", "protect", "retention", "room", "verify"],
        )
        self.assertEqual(completions(["user", "pa"]), ["passwd"])

    def test_options(self) -> None:
        """Once a dash is typed."""
        self.assertIn("--role", completions(["user", "add", "ann", "--"]))
        self.assertEqual(completions(["user", "add", "ann", "--ro"]), ["--role"])
        self.assertNotIn("--role", completions(["user", "add", ""]))

    def test_values(self) -> None:
        """The words that an option or a place takes; files are the shell's own."""
        self.assertEqual(completions(["token", "--role", ""]), ["admin", "operator", "viewer"])
        self.assertEqual(completions(["completion", "b"]), ["bash"])
        self.assertEqual(completions(["token", "--config", ""]), [])

    def test_bash(self) -> None:
        """A real bash loads it and completes by it."""
        script = (
            f"{BASH}\ncamsvc() {{ printf 'passwd\\n'; }}\n"
            "COMP_WORDS=(camsvc user pa) COMP_CWORD=2; _camsvc; echo ${COMPREPLY[@]}"
        )
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=20)
        self.assertEqual((done.stdout, done.stderr), ("passwd\n", ""))

    def test_zsh(self) -> None:
        """A real zsh takes it, where there is one."""
        if not shutil.which("zsh"):
            raise SkipTest("there is no zsh here")
        subprocess.run(["zsh", "-n", "/dev/stdin"], input=ZSH, text=True, check=True, timeout=20)

"""``camsvc completion``: what has bash and zsh complete commands, options and the words that options take."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

EX_OK = 0

BASH = """\
# bash completion of camsvc: source it, or put it into /usr/share/bash-completion/completions/camsvc
_camsvc() {
    local IFS=$'\\n'
    COMPREPLY=($(camsvc completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
    [[ ${#COMPREPLY[@]} -gt 0 ]] || compopt -o default
}
complete -F _camsvc camsvc
"""

ZSH = """\
#compdef camsvc
# zsh completion of camsvc: put it into a folder of $fpath as _camsvc
_camsvc() {
    local -a found
    found=(${(f)"$(camsvc completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)"})
    if (( ${#found} )); then compadd -- $found; else _files; fi
}
_camsvc "$@"
"""


def declare(command: argparse.ArgumentParser) -> None:
    """Give the command its options."""
    command.description = "Print what has a shell complete camsvc's commands. The Debian package has it in place."
    command.epilog = "Example: camsvc completion bash > camsvc.bash"
    command.add_argument("shell", choices=("bash", "zsh", "words"), help="the shell; words is asked by both")
    command.add_argument("words", nargs="*", metavar="WORD", help="what is typed so far, without camsvc itself")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    if options.shell == "words":
        for word in completions(options.words):
            print(word)
    else:
        print({"bash": BASH, "zsh": ZSH}[options.shell], end="")
    return EX_OK


def completions(typed: Sequence[str]) -> list[str]:
    """What may stand in the place of the last word.

    Args:
        typed: the words so far, the last one begun or empty.
    """
    from camsvc.cli.main import parser_for

    *before, last = typed or [""]
    parser = parser_for(before)
    wanted: argparse.Action | None = None
    for word in before:
        inner = _commands(parser)
        if word in inner:
            parser, wanted = inner[word], None
        else:
            wanted = _option(parser, word)
    if wanted is not None and wanted.choices:
        return sorted(str(each) for each in wanted.choices if str(each).startswith(last))
    if wanted is not None and wanted.nargs != 0:
        return []
    return sorted(word for word in _words(parser, last.startswith("-")) if word.startswith(last))


def _words(parser: argparse.ArgumentParser, options: bool) -> Iterator[str]:
    if options:
        for action in parser._actions:
            yield from (each for each in action.option_strings if each.startswith("--"))
        return
    yield from _commands(parser)
    for action in parser._actions:
        if not action.option_strings and action.choices and not isinstance(action, argparse._SubParsersAction):
            yield from (str(each) for each in action.choices)


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _option(parser: argparse.ArgumentParser, word: str) -> argparse.Action | None:
    return next((action for action in parser._actions if word in action.option_strings), None)

"""SDP (RFC 4566) as text: the attributes of a session, its media sections, and theirs."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen


@frozen
class MediaSection:
    """One m= line and its attributes.

    Attributes:
        words: of the m= line: kind, port, protocol, payload types.
        attributes: a= lines without ``a=``.
    """

    words: Sequence[str]
    attributes: Sequence[str]

    def value(self, name: str) -> str:
        """The first value of an attribute; empty without one."""
        return next((line[len(name) + 1 :] for line in self.attributes if line.startswith(f"{name}:")), "")

    def by_payload_type(self, name: str) -> dict[str, str]:
        """The values of ``rtpmap`` or ``fmtp``, by payload type; of several for one the last."""
        lines = [line[len(name) + 1 :] for line in self.attributes if line.startswith(f"{name}:")]
        return {number: value.strip() for number, _, value in (line.partition(" ") for line in lines)}


def split(text: str) -> tuple[list[str], list[MediaSection]]:
    """The attributes of the session, and the media sections."""
    common: list[str] = []
    sections: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("m="):
            sections.append((line[2:], []))
        elif line.startswith("a="):
            (sections[-1][1] if sections else common).append(line[2:].strip())
    return common, [MediaSection(words.split(), attributes) for words, attributes in sections]


def format_parameters(text: str) -> dict[str, str]:
    """The parameters of an ``fmtp`` line, names in lower case."""
    pairs = (pair.strip().partition("=") for pair in text.split(";"))
    return {name.lower(): value for name, _, value in pairs if name}

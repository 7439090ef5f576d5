"""A camera as it is plugged in: the nodes that it has now, what they have answered, and which camera it is."""

from __future__ import annotations

from attrs import define, evolve, field
from twisted.internet.defer import Deferred

from camsvc.devices.v4l2.video_nodes import Node
from camsvc.model import Mode


@define(eq=False)
class PluggedCamera:
    """One camera, from its first node's coming to its last one's going.

    Attributes:
        group: what its nodes have in common.
        nodes: those that deliver pictures, by sysfs path.
        device: its id, empty until it is recognised.
        key: what it is known by.
        offers: what each part offers, as remembered or as it has answered now.
        answered: parts that have answered now.
        errors: why a part has not answered, in words.
        probes: under way, by sysfs path.
        kept: what the database remembers of it.
        refused: another camera has its id.
        warned: it does not offer what the configuration wants, and that has been said.
    """

    group: str
    nodes: dict[str, Node] = field(factory=dict)
    device: str = ""
    key: str = ""
    offers: dict[str, tuple[Mode, ...]] = field(factory=dict)
    answered: set[str] = field(factory=set)
    errors: dict[str, str] = field(factory=dict)
    probes: dict[str, Deferred[None]] = field(factory=dict)
    kept: str = ""
    refused: bool = False
    warned: bool = False

    @property
    def first(self) -> Node:
        """The node that speaks for it."""
        return min(self.nodes.values(), key=lambda node: node.part)

    @property
    def offered(self) -> tuple[Mode, ...]:
        """What the nodes that are there offer, with the node of each."""
        nodes = sorted(self.nodes.values(), key=lambda node: node.part)
        return tuple(evolve(mode, node=node.path) for node in nodes for mode in self.offers.get(node.part, ()))

    @property
    def error(self) -> str | None:
        """Why it cannot be used; one part that answers is enough."""
        return None if self.answered else next(iter(self.errors.values()), None)

"""A camera as it is plugged in: the nodes that it has now, what they have answered, and which camera it is."""

from __future__ import annotations

from attrs import define, evolve, field
from twisted.internet.defer import Deferred

from camsvc.devices import modes
from camsvc.devices.identity import Recognised
from camsvc.devices.v4l2.probe import NodeAnswer
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

    def recognised(self, known: Recognised) -> None:
        """Note which camera it is, and what that offered when it was there last."""
        self.device, self.key, self.kept = known.device, known.key, known.modes or ""
        self.offers = modes.from_json(known.modes)

    def note_answer(self, part: str, answer: NodeAnswer) -> None:
        """Note what a node offers, or why it has not answered.

        Args:
            part: of the camera, which the node is for.
            answer: an error, or the modes of a node that captures.
        """
        if answer.error is not None:
            self.errors[part] = answer.error
            self.answered.discard(part)
        else:
            self.errors.pop(part, None)
            self.answered.add(part)
            self.offers[part] = answer.modes

    def keep_offers(self) -> str | None:
        """What the database is to remember of it from now on; None where it does already."""
        text = modes.to_json(self.offers.items())
        if text == self.kept:
            return None
        self.kept = text
        return text

    def remove_node(self, devpath: str) -> None:
        """Forget a node that has gone, and what is known of it now; give up asking it."""
        node = self.nodes.pop(devpath)
        self.errors.pop(node.part, None)
        self.answered.discard(node.part)
        probe = self.probes.pop(devpath, None)
        if probe is not None:
            probe.cancel()

    def warn_once(self) -> bool:
        """Whether its owner is to be warned now: True at the first call."""
        first, self.warned = not self.warned, True
        return first

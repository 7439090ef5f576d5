"""The connection to the owner's MQTT broker: the one module that knows paho-mqtt, and its thread.

paho connects, waits and reconnects in a thread of its own, as looking the broker's name up and a handshake block; all
that it tells is told on the reactor. MQTT 3.1.1, which every broker speaks.
"""

from __future__ import annotations

import ssl
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorFromThreads
from twisted.logger import Logger

from camsvc.config.outward import Mqtt
from camsvc.system.tasks import within

if TYPE_CHECKING:
    from paho.mqtt.client import MQTTMessageInfo

CONNECT_LIMIT_S = 5.0
KEEPALIVE_S = 30
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1, 60
MOST_QUEUED = 1000
"""Messages that wait for a broker that is slow; of more, the newest are dropped until it has gone or caught up."""

GOODBYE_S = 2.0
"""So long the last messages may take."""


class Listener(Protocol):
    """Who is told of the connection, on the reactor."""

    def connected(self) -> None:
        """There is one, new; the broker may know nothing of what was published before."""

    def message(self, topic: str, payload: bytes, retained: bool) -> None:
        """A message of a topic that was asked for."""


class Broker:
    """Publishes while there is a connection, and not at all while there is none.

    Attributes:
        up: whether there is one.
    """

    _log = Logger()

    def __init__(
        self, reactor: Any, mqtt: Mqtt, client_id: str, password: str | None, report: Callable[[str, str], None]
    ) -> None:
        """Set up; nothing is connected yet.

        Args:
            reactor: with IReactorFromThreads and IReactorTime.
            mqtt: where the broker is.
            client_id: which no other of its clients has.
            password: for the broker; None for none.
            report: told how it goes, see ``Integrations.reporter``.
        """
        from paho.mqtt.client import Client  # a tenth of a start's imports, with the resolver that it brings
        from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

        self._reactor = reactor
        self._mqtt = mqtt
        self._report = report
        self._goodbye: Deferred[None] | None = None
        self._stopping = False
        self._listener: Listener | None = None
        self._topics: Sequence[str] = ()
        self.up = False
        self._trouble = ""
        """What was told last; the same is not told again at each attempt."""
        client = self._client = Client(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv311)
        if mqtt.user:
            client.username_pw_set(mqtt.user, password)
        if mqtt.tls:
            client.tls_set_context(ssl.create_default_context(cafile=mqtt.ca_file or None))
        client.connect_timeout = CONNECT_LIMIT_S
        client.reconnect_delay_set(FIRST_PAUSE_S, LONGEST_PAUSE_S)
        client.max_queued_messages_set(MOST_QUEUED)
        client.on_connect = self._in_thread_connected
        client.on_connect_fail = self._in_thread_not_connected
        client.on_disconnect = self._in_thread_disconnected
        client.on_message = self._in_thread_message

    def start(self, listener: Listener, topics: Sequence[str], will: tuple[str, str]) -> None:
        """Connect, and again whenever the connection is lost.

        Args:
            listener: is told.
            topics: what it wants messages of.
            will: topic and payload that the broker shall publish, retained, when we are gone without a word.
        """
        self._listener, self._topics = listener, topics
        self._client.will_set(will[0], will[1], qos=1, retain=True)
        self._client.connect_async(self._mqtt.host, self._mqtt.port, KEEPALIVE_S)
        self._client.loop_start()

    async def stop(self) -> None:
        """Disconnect in good order, once all is sent, or after GOODBYE_S; paho's thread ends with the connection."""
        self._stopping = True
        self._goodbye = Deferred()
        self._client.disconnect()
        if self.up:
            try:
                await within(self._reactor, GOODBYE_S, self._goodbye)
            except TimeoutError:
                pass

    def publish(self, topic: str, payload: str | bytes) -> None:
        """Publish a retained message, to arrive at least once; nothing while there is no connection."""
        if self.up:
            self._client.publish(topic, payload, qos=1, retain=True)

    def publish_newest(self, topic: str, payload: bytes, before: MQTTMessageInfo | None) -> MQTTMessageInfo | None:
        """Publish what a newer one replaces, retained, unless the one before is still on its way out.

        Args:
            topic: where.
            payload: such as a picture.
            before: what this gave for the one before.

        Returns:
            what is on its way now.
        """
        if not self.up or (before is not None and not before.is_published()):
            return before if self.up else None
        return self._client.publish(topic, payload, qos=0, retain=True)

    def _in_thread_connected(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._on_reactor(self._on_connected, reason.is_failure, str(reason))

    def _in_thread_not_connected(self, _client: Any, _data: Any) -> None:
        self._on_reactor(self._on_failure, f"cannot be reached: {sys.exc_info()[1]}")

    def _in_thread_disconnected(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._on_reactor(self._on_disconnected, str(reason))

    def _in_thread_message(self, _client: Any, _data: Any, message: Any) -> None:
        self._on_reactor(self._on_message, message.topic, message.payload, message.retain)

    def _on_reactor(self, work: Callable[..., None], *args: Any) -> None:
        reactor: IReactorFromThreads = self._reactor
        reactor.callFromThread(work, *args)

    def _on_connected(self, refused: bool, reason: str) -> None:
        if refused:
            self._on_failure(f"the broker refuses the connection: {reason}")
            return
        if self._stopping:
            return
        self.up, self._trouble = True, ""
        self._log.info("mqtt: connected to {host}:{port}", host=self._mqtt.host, port=self._mqtt.port)
        self._report("RUNNING", "")
        self._client.subscribe([(topic, 1) for topic in self._topics])
        assert self._listener is not None  # started
        self._listener.connected()

    def _on_disconnected(self, reason: str) -> None:
        was_up, self.up = self.up, False
        if self._goodbye is not None and not self._goodbye.called:
            self._goodbye.callback(None)
        elif was_up:
            self._on_failure(f"the connection is lost: {reason}")

    def _on_failure(self, why: str) -> None:
        if not self._stopping and why != self._trouble:
            self._trouble = why
            self._log.warn("mqtt {host}:{port}: {why}", host=self._mqtt.host, port=self._mqtt.port, why=why)
            self._report("ERROR", f"{self._mqtt.host}:{self._mqtt.port}: {why}")

    def _on_message(self, topic: str, payload: bytes, retained: bool) -> None:
        if self._listener is not None and not self._stopping:
            self._listener.message(topic, payload, retained)


def unreadable_certificates(mqtt: Mqtt) -> str | None:
    """The file of certificates that the configuration names and that holds none; None where all is well."""
    if mqtt.wanted and mqtt.ca_file:
        try:
            ssl.create_default_context(cafile=mqtt.ca_file)
        except OSError:  # ssl.SSLError is one
            return mqtt.ca_file
    return None

"""list_clients."""

from __future__ import annotations

import json
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from camsvc.access.roles import Role
from camsvc.api.methods.accounts.session import ClientMethods
from camsvc.api.notifications.connections import ClientConnections
from camsvc.api.notifications.subscriptions import Subscriptions
from camsvc.api.registry import Registry
from camsvc.system.clocks import Clocks
from tests.support.samples import call_by, principal
from tests.unit.api.notifications.test_events import Listener


class ClientsTests(SynchronousTestCase):
    """Two, one of them logged in."""

    def test_list(self) -> None:
        """Every key; only for admins."""
        clients: Any = [Listener(principal(Role.OPERATOR, subject="ann")), Listener()]
        clients[1].principal = None
        connections = ClientConnections(Clocks())
        subscriptions = Subscriptions(connections)
        for number, client in enumerate(clients):
            client.session_id, client.address = f"s{number}", f"10.0.0.{number}"
            client.since, client.user_agent = 60.0, "browser" if number == 0 else ""
            connections.join(client)
        subscriptions.subscribe(clients[0], ["snapshot.taken"], None)
        registry = Registry(ClientMethods(connections, subscriptions))
        frame = b'{"jsonrpc":"2.0","id":1,"method":"list_clients"}'
        answer: Any = registry.answer(frame, call_by(principal(Role.ADMIN)))
        since = "1970-01-01T00:01:00.000Z"
        self.assertEqual(
            json.loads(answer)["result"]["clients"],
            [
                {"client_id": "s0", "user": "ann", "role": "operator", "address": "10.0.0.0", "since": since,
                 "topics": ["snapshot.taken"], "user_agent": "browser"},
                {"client_id": "s1", "user": "", "role": "", "address": "10.0.0.1", "since": since,
                 "topics": [], "user_agent": ""},
            ],
        )  # fmt: skip
        refused: Any = registry.answer(frame, call_by(principal(Role.OPERATOR)))
        self.assertEqual(json.loads(refused)["error"]["code"], -32002)

"""A plain ``websockets`` script that comes with a cookie: prints what it is told, a line of JSON each.

Arguments: the URL, the Cookie header, the Origin header or an empty one, then calls: ``METHOD``, or ``METHOD=PARAMS``
with JSON params; ``wait`` stays until the server closes.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def main() -> None:
    url, cookie, origin, *calls = sys.argv[1:]
    named: Any = {"origin": origin} if origin else {}
    try:
        with connect(url, additional_headers={"Cookie": cookie}, proxy=None, open_timeout=20, **named) as socket:
            for call in calls:
                method, _, params = call.partition("=")
                if method != "wait":
                    ask = {"jsonrpc": "2.0", "id": 1, "method": method, "params": json.loads(params or "{}")}
                    socket.send(json.dumps(ask))
                while True:
                    answer = json.loads(socket.recv(timeout=60))
                    if "id" in answer:
                        say(**{key: answer[key] for key in ("result", "error") if key in answer})
                        break
    except InvalidStatus as why:
        say(refused=why.response.status_code, body=json.loads(why.response.body or b"null"))
    except ConnectionClosed as why:
        say(closed=why.rcvd.code if why.rcvd else None)


main()

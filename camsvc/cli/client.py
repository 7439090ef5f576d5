"""The command line's calls to a running camsvc, through ``POST /rpc`` like everybody else's."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from camsvc.access.roles import Role
from camsvc.cli.session_token import session_token
from camsvc.config.files import find_file, load
from camsvc.config.schema import Config
from camsvc.system.redaction import plain

EX_OK, EX_REFUSED, EX_UNAVAILABLE = 0, 1, 69
"""Exit statuses; the last is of sysexits.h."""

_TOKEN_S = 60.0
_LIMIT_S = 60.0
_PIECE_BYTES = 1 << 18


class RemoteError(Exception):
    """A call that gave no result: what is said of it, and the exit status."""

    def __init__(self, text: str, status: int = EX_REFUSED) -> None:
        super().__init__(text)
        self.status = status


class Remote:
    """A camsvc on this machine. It is asked as an admin, by a token of one minute signed with its own key."""

    def __init__(self, config: Config) -> None:
        """Set up; a key that cannot be read is a StartError."""
        self._token = session_token(config, "cli", Role.ADMIN, _TOKEN_S)
        listen = config.server.listen
        self._host = "127.0.0.1" if listen in ("", "0.0.0.0", "::") else listen
        self._port = config.server.port
        self._certificate = Path(config.server.tls_cert) if config.server.tls_cert else None
        scheme = "http" if self._certificate is None else "https"
        self._url = f"{scheme}://{f'[{self._host}]' if ':' in self._host else self._host}:{self._port}"

    def call(self, method: str, /, **params: Any) -> Any:
        """The result of a method.

        Raises:
            RemoteError: it was answered with an error, or nobody answers.
        """
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        answer = json.loads(self._ask("POST", "/rpc", body, headers))
        if "error" in answer:
            raise RemoteError(_words(answer["error"]))
        return answer["result"]

    def fetch(self, url: str) -> bytes:
        """A file by the URL that an answer gave; asked of this machine, whatever way round the URL names."""
        parts = urlsplit(url)
        return self._ask("GET", f"{parts.path}?{parts.query}")

    def download(
        self,
        url: str,
        write: Callable[[bytes], object],
        told: Callable[[int, int | None], object],
        asked: object = None,
    ) -> int:
        """Fetch a file piece by piece.

        Args:
            url: that an answer gave, or a path.
            write: takes each piece.
            told: bytes so far, and of the whole where that is known.
            asked: is sent as JSON, in a POST with our token; None where the URL says all.

        Returns:
            how many bytes there were.

        Raises:
            RemoteError: it cannot be had, or not whole.
        """
        parts = urlsplit(url)
        connection = self._connection()
        done = 0
        try:
            if asked is None:
                connection.request("GET", f"{parts.path}?{parts.query}")
            else:
                headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
                connection.request("POST", parts.path, json.dumps(asked).encode(), headers)
            with connection.getresponse() as answer:
                if answer.status != 200:
                    raise RemoteError(_refusal(answer.read()) or f"{answer.status} {answer.reason}")
                total = answer.length
                while piece := answer.read(_PIECE_BYTES):
                    write(piece)
                    done += len(piece)
                    told(done, total)
        except HTTPException as why:
            raise RemoteError(f"the download broke off after {done} bytes: {why}", EX_UNAVAILABLE) from None
        finally:
            connection.close()
        if total is not None and done != total:
            raise RemoteError(f"the download broke off after {done} of {total} bytes", EX_UNAVAILABLE)
        return done

    def connect(self) -> tuple[HTTPConnection, Mapping[str, str]]:
        """A connection of one's own, and the headers by which it is let in."""
        return self._connection(), {"Authorization": f"Bearer {self._token}"}

    def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = MappingProxyType({})
    ) -> bytes:
        """The body of an answer.

        Raises:
            RemoteError: it has another status than 200, or there is none.
        """
        connection = self._connection()
        try:
            connection.request(method, path, body, headers)
            with connection.getresponse() as answer:
                data = answer.read()
        except (OSError, HTTPException) as why:
            text = f"nobody answers at {self._url} ({why}); does camsvc run? the log says: journalctl -u camsvc"
            raise RemoteError(text, EX_UNAVAILABLE) from None
        finally:
            connection.close()
        if answer.status != 200:
            raise RemoteError(_refusal(data) or f"{answer.status} {answer.reason}")
        return data

    def _connection(self) -> HTTPConnection:
        if self._certificate is None:
            return HTTPConnection(self._host, self._port, timeout=_LIMIT_S)
        from camsvc.cli.pinned_https import PinnedConnection

        return PinnedConnection(self._host, self._port, self._certificate, _LIMIT_S)


def _refusal(data: bytes) -> str | None:
    """What an answer with an error's status says; None where that is not JSON of ours."""
    try:
        return _words(json.loads(data)["error"])
    except (ValueError, KeyError, TypeError):
        return None


def _words(error: dict[str, Any]) -> str:
    data = error.get("data") or {}
    more = data.get("hint") or data.get("suggestion")
    return f"{error.get('message')}" + (f" ({more})" if more else "")


def run(options: argparse.Namespace) -> int:
    """Do what ``options.act`` says with a Remote; gives the exit status."""
    try:
        options.act(Remote(load(find_file(options.config))), options)
    except RemoteError as why:
        print(plain(f"camsvc: {why}"), file=sys.stderr)
        return why.status
    return EX_OK

"""What the control API shows of each thing: its JSON, as MediaMTX 1.5.1 has it."""

from __future__ import annotations

from typing import Any

from camsvc.relay.hls.muxer import HlsMuxer
from camsvc.relay.paths.path import RelayPath
from camsvc.relay.rtsp.connection import RtspServerConnection
from camsvc.relay.wall_time import rfc3339
from camsvc.relay.webrtc.viewer import Viewer

Json = dict[str, Any]


def path_json(path: RelayPath) -> Json:
    """A path's state."""
    stream, source = path.stream, path.source
    return {
        "name": path.name,
        "confName": path.name,
        "source": {"type": source.kind, "id": source.id if source.kind == "rtspSession" else ""} if source else None,
        "ready": stream is not None,
        "readyTime": rfc3339(path.ready_at),
        "tracks": [track.name for track in stream.tracks] if stream else [],
        "bytesReceived": stream.bytes_received if stream else 0,
        "bytesSent": stream.bytes_sent if stream else 0,
        "readers": [
            {"type": reader.kind, "id": reader.id}
            for reader in (*path.readers, *(path.subscribers if stream else ()))
        ],
    }


def session_json(connection: RtspServerConnection) -> Json:
    """A session's state; its query is there because tickets are found by it."""
    session = connection.session
    return {
        "id": session.id,
        "created": rfc3339(connection.created),
        "remoteAddr": connection.peer,
        "state": session.state,
        "path": session.path_name,
        "query": session.query,
        "transport": session.transport,
        "bytesReceived": session.bytes_received,
        "bytesSent": session.bytes_sent,
    }


def viewer_json(viewer: Viewer) -> Json:
    """A WebRTC session's state (MediaMTX 1.5.1, APIWebRTCSession)."""
    route = viewer.route if viewer.established else None
    local, remote = (
        (f"host/udp/{route.local[0]}/{route.local[1]}", "prflx/udp/{}/{}".format(*route.remote))
        if route
        else ("", "")
    )
    return {
        "id": viewer.id,
        "created": rfc3339(viewer.created),
        "remoteAddr": viewer.request.peer,
        "peerConnectionEstablished": viewer.established,
        "localCandidate": local,
        "remoteCandidate": remote,
        "state": "read",
        "path": viewer.request.path,
        "query": viewer.request.query,
        "bytesReceived": viewer.bytes_received,
        "bytesSent": viewer.bytes_sent,
    }


def connection_json(connection: RtspServerConnection) -> Json:
    """A connection's state."""
    return {
        "id": connection.id,
        "created": rfc3339(connection.created),
        "remoteAddr": connection.peer,
        "bytesReceived": connection.bytes_received,
        "bytesSent": connection.bytes_sent,
        "session": connection.session.id if connection.session.shown else None,
    }


def muxer_json(muxer: HlsMuxer) -> Json:
    """A muxer's state."""
    return {
        "path": muxer.path.name,
        "created": rfc3339(muxer.created),
        "lastRequest": rfc3339(muxer.last_request),
        "bytesSent": muxer.bytes_sent,
    }

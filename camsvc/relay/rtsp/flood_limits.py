"""How much clients may ask of the RTSP port (``system/floods/flood_guard``), in units of its own.

What a request costs is some 16 times what an interleaved frame costs that nobody awaits. A publisher's media is free;
it is let in by its credential, and what it sends is what the engine is for.
"""

from __future__ import annotations

from camsvc.system.floods.flood_guard import FloodLimits

REQUEST = 16
FRAME = 1
#: Packets of a publisher that are taken in a row: 3 ms of work.
MEDIA_IN_A_ROW = 1024

#: One connection is served 8 requests in a row, all get 32 in a turn: 1 and 4 ms. Players ask ten times at the start,
#: then twice a minute. Of an address those connections are counted that have no session; camsvc and its launchers are
#: on this machine.
LIMITS = FloodLimits(
    in_a_row=8 * REQUEST,
    in_a_turn=32 * REQUEST,
    rate=16 * REQUEST,
    burst=64 * REQUEST,
    address_rate=64 * REQUEST,
    address_burst=512 * REQUEST,
    spares_loopback=True,
)

"""How long a timed recording is, and from when on its seconds count."""

from __future__ import annotations

from attrs import evolve

from camsvc.model import Recording

TAIL_S = 0.25
"""A timed recording runs on for so long, and is cut to its length when it is finished: accurate to a frame."""

LEAD_S = 0.5
"""Of what an engine has kept from before the call so much counts as a part of what a timed recording was asked for:
its length and its end are both accurate to 0.5 s where key frames come each second. The rest comes on top."""

LATE_S = (1.5, 5.0)
"""Footage may come so late: less is the fragment that is still open, more is missing for another reason."""

TOO_SHORT_S = 0.5
"""No less is recorded on after a reboot."""


def counted(recording: Recording, first_sample: float, left_s: float, clock: float) -> Recording:
    """A timed recording with its deadline: its seconds count from the call or its first sample, whichever is later.

    From the call in any case, where it gets what is before that.

    Args:
        recording: without a deadline in this boot.
        first_sample: CLOCK_BOOTTIME seconds of its first sample in this boot.
        left_s: seconds that are still to be recorded.
        clock: wall time less CLOCK_BOOTTIME.
    """
    called = recording.started_at - clock
    counted_from = called if recording.pre_record_s else max(first_sample, called - LEAD_S)
    lead_s = recording.lead_s + counted_from - first_sample
    return evolve(recording, deadline=counted_from + left_s, clock=clock, lead_s=lead_s)


def with_lead(recording: Recording, first: float, began_at: float) -> Recording:
    """A recording that has got what was before it.

    Args:
        recording: as it is.
        first: when its own footage begins, seconds since the epoch.
        began_at: when it begins now.
    """
    lead_s = recording.lead_s + first - began_at
    return evolve(recording, pre_record_s=0, first_sample=began_at, lead_s=lead_s)

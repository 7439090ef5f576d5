"""Times of pictures and sound whose source's clock cannot be trusted: at the source's pace, or at that of arrival.

A camera sets its clock back, jumps ahead, counts wrong, or does not count at all. What it stamps is kept for as long
as that fits the time at which it comes; where it does not, the time of arrival decides, so that nothing stands still
and nothing lies on one instant. ffmpeg does it for each packet, by an expression (ffmpeg-utils(1), "Expression
Evaluation") that is written here.
"""

from __future__ import annotations

import re

AHEAD_S = 1.0
"""So far may stamps run ahead of their arrival: what was held back on the way comes in a burst."""
BURST_S, BURST_UNTIL_S = 15.0, 1.5
"""At first so far, for so long: servers begin with what they have kept since the last key frame."""
BEHIND_S = 0.5
"""A stamp that lies before the last one is let pass as unsteady within this; beyond it the clock was set."""
ASTRAY_S, ASTRAY_FOR_S = 0.2, 2.0
"""Stamps that are further than this from arrival for so long do not count seconds as they are."""
NEAR_S = 0.02
"""Those are then led to so near."""
HELD_S, HELD_UNTIL_S = 1.0, 8.0
"""ffmpeg looks at a stream before it passes on the first packets, for no longer than this. How long is guessed from
their number, once, where stamps that count wrong do not tell."""
DRIFT = 0.0005
"""No quartz is worse; what drifts as slowly is followed."""
LEAST_STEP_S = 0.001

TRUE_TIME_BASE = ("-copytb", "1")
"""Arguments of an output with these filters: to that of an RTSP output ffmpeg 5.1 tells another time base else."""

_TICK_S = 0.005
_REGISTERS = ("clock", "came", "offset", "other", "expected", "astray", "held", "step", "fresh", "reordered")

# Seconds by which the stamps, moved by an offset, are behind their arrival, less what is usual for this source.
_LAG = "(clock-IN-{0}-expected)"

# How long the first packets were held, if they came as fast as all others.
_HELD = "(held*(clock-START)/max(COUNT-held,1))"

# A line is a register and what it holds from then on. Words in capitals are the filter's: IN, the stamp in seconds;
# LAST, the one before it; START, the first one; FIRST, whether this is it; OUT, what the last one was given; COUNT,
# how many came before this; ORDER, by how much it is shown later than decoded; LIMIT, seconds after which somebody
# has set the machine's own clock, as ffmpeg would have been ended before.
_STEPS = (
    # When did it come? ``clock`` counts arrival, from the first stamp on, without steps of the machine's own clock.
    ("fresh", f"floor(time(0)/{_TICK_S})*{_TICK_S}"),
    ("step", "if(FIRST,0,if(between(fresh-came,0,LIMIT),fresh-came,clip(IN-LAST,0,LIMIT)))"),
    ("clock", "if(FIRST,IN,clock+step)"),
    ("came", "fresh"),
    ("held", "if(lt(clock-START,0.03),COUNT,held)"),
    # With B-frames stamps go back by so much: 0 without.
    ("reordered", "max(reordered,clip(ORDER,0,1))"),
    # Which offset fits: the present one, the one before it, as after a single wrong stamp, or one made of arrival?
    (
        "fresh",
        f"if(gte(LAG(offset),if(lt(clock-START,{BURST_UNTIL_S}),-{BURST_S}-expected,-{AHEAD_S}))"
        f"*gt(FIRST+gt(IN+offset,OUT-2*reordered)+lte(abs(LAG(offset)),{BEHIND_S}),0),offset,"
        f"if(lte(abs(LAG(other)),{BEHIND_S}),other,clock-expected-reordered/3-IN))",
    ),
    # A source that needs new ones again and again counts wrong.
    ("astray", "astray+if(eq(fresh,offset)+eq(fresh,other),0,0.4)"),
    ("other", "if(eq(fresh,offset),other,offset)"),
    ("offset", "fresh"),
    # What is usual: the least at first, then as it drifts.
    (
        "expected",
        f"expected+if(lt(clock-START,{BURST_UNTIL_S}),min(LAG(offset),0),clip(LAG(offset),-{DRIFT}*step,{DRIFT}*step))",
    ),
    # What catches up was late. What stays away from its arrival counts wrong, until it has long been near.
    (
        "astray",
        f"if(gt(abs(LAG(offset)),{ASTRAY_S}+reordered),min(astray+min(step,1),{ASTRAY_FOR_S + 1}),"
        f"if(lt(astray,{ASTRAY_FOR_S}),if(gt(LAG(offset),0)*gt(IN-LAST,step),0,max(0,astray-0.25*step)),"
        f"astray-if(lte(abs(LAG(offset)),{NEAR_S + _TICK_S}),0.1*step,0)))",
    ),
    # It is led to its arrival, bit by bit; at first nothing else tells how long its first packets were held.
    (
        "expected",
        f"if(lt(astray,{ASTRAY_FOR_S})+gt(clock-START,{HELD_UNTIL_S})+gt(max(HELD,-expected/2),{HELD_S}),expected,-HELD)",
    ),
    (
        "offset",
        f"offset+if(lt(astray,{ASTRAY_FOR_S}),0,if(gt(LAG(offset),0),clip(LAG(offset)-{NEAR_S}-reordered,0,step),"
        f"-clip(-LAG(offset)-{NEAR_S},0,max(0,IN-LAST)/2)))",
    ),
    ("fresh", f"if(FIRST+reordered,IN+offset,max(IN+offset,OUT+{LEAST_STEP_S}))"),
)


def expression(words: dict[str, str], limit_s: float) -> str:
    """The time of a packet or frame in seconds, as an expression of ffmpeg's; its registers are its memory.

    Args:
        words: what the words in capitals are in the filter that evaluates this.
        limit_s: no packet comes later than so many seconds after the one before it.
    """
    steps = (f"st({_REGISTERS.index(name)},{_in_registers(value)})" for name, value in _STEPS)
    text = ";".join((*steps, _in_registers("fresh")))
    for word, meaning in {**words, "LIMIT": f"{limit_s:g}"}.items():
        text = re.sub(rf"\b{word}\b", meaning, text)
    return text


def _in_registers(value: str) -> str:
    value = re.sub(r"LAG\((\w+)\)", lambda match: _LAG.format(match[1]), value).replace("HELD", _HELD)
    return re.sub(r"\b(" + "|".join(_REGISTERS) + r")\b", lambda match: f"ld({_REGISTERS.index(match[1])})", value)


_PACKET = {
    "IN": "(if(eq(PTS,NOPTS),DTS,PTS)*TB)",
    "LAST": "(if(eq(PREV_INPTS,NOPTS),PREV_INDTS,PREV_INPTS)*TB)",
    "START": "(STARTDTS*TB)",
    "FIRST": "eq(N,0)",
    "OUT": "(PREV_OUTPTS*TB)",
    "COUNT": "N",
    "ORDER": "if(eq(PTS,NOPTS),0,(PTS-DTS)*TB)",
}
_COUNTED_PACKET = {
    **_PACKET,
    "IN": "((STARTDTS+N*DURATION)*TB)",
    "LAST": "((STARTDTS+(N-1)*DURATION)*TB)",
    "ORDER": "0",
}
_FRAME = {
    **{"IN": "T", "LAST": "PREV_INT", "START": "STARTT", "FIRST": "eq(N,0)"},
    **{"OUT": "PREV_OUTT", "COUNT": "N", "ORDER": "0"},
}
_COUNTED_FRAME = {**_FRAME, "IN": "(STARTT+N/SR)", "LAST": "(STARTT+(N-NB_SAMPLES)/SR)"}


def video(limit_s: float) -> str:
    """A bitstream filter for video that is passed on.

    It counts times of presentation, which are all that RTP carries; those of decoding stand before them and rise.

    Args:
        limit_s: as of ``expression``.
    """
    time, before = expression(_PACKET, limit_s), f"({_in_registers('reordered')}+{_TICK_S})"
    decoded = f"(({time})-{before})/TB"
    return f"setts=pts='round(({time})/TB)':dts='round(if(eq(N,0),{decoded},max({decoded},PREV_OUTDTS+1)))'"


def sound(limit_s: float, counted: bool = False) -> str:
    """A bitstream filter for sound that is passed on.

    Args:
        limit_s: as of ``expression``.
        counted: its stamps are of its arrival, which is unsteady: its pace is that of its samples.
    """
    words = _COUNTED_PACKET if counted else _PACKET
    return f"setts=ts='round(({expression(words, limit_s)})/TB)'"


def decoded_sound(limit_s: float, counted: bool = False) -> str:
    """A filter for sound that is encoded anew.

    Args:
        limit_s: as of ``expression``.
        counted: as of ``sound``.
    """
    words = _COUNTED_FRAME if counted else _FRAME
    return f"asetpts='({expression(words, limit_s)})/TB'"

"""What ffmpeg says of hardware that does not encode.

The standard library alone, and imported only once something is wrong.
"""

from __future__ import annotations

import re

# What ffmpeg 5.1 to 7.1 print of an encoder, of the device that it opens for it, and of the way of pictures to that.
_HARDWARE = re.compile(
    r"error while opening encoder|video encoding failed|to the encoder|unknown encoder|encoder not found"
    r"|device creation failed|option 'vaapi_device'|reinitializing filters|inject frame into filter"
    r"|error while filtering"
    r"|\[(h264_vaapi|h264_v4l2m2m|avhwdevicecontext|avhwframescontext|parsed_hwupload\w*) @ [^]]*\]"
    r".*(fail|error|can't|cannot|could not|no usable|not supported|no such device|no va display|out of)",
    re.IGNORECASE,
)
_CONTEXT = re.compile(r"^\[\S+ @ \w+\] ")


def encoder_trouble(lines: list[str]) -> str:
    """What ffmpeg's last lines say of hardware that does not encode; empty where they say nothing of it.

    Args:
        lines: of a run with such hardware, without credentials, oldest first.
    """
    found = [line for line in lines if _HARDWARE.search(line)]
    return _CONTEXT.sub("", found[0])[:200] if found else ""

"""An ffmpeg that says it encodes by hardware and lies about it, each in its way; all else the real one does."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

LIES = {
    "fails": "sys.stderr.write('Cannot open the device\\n'); sys.exit(1)",
    "hangs": "import time; time.sleep(600)",
    "nothing": "sys.exit(0)",
    "rubbish": "import random; open(argv[-1], 'wb').write(random.Random(1).randbytes(200_000)); sys.exit(0)",
    "another picture": "argv = software([word.replace('testsrc2', 'smptebars') for word in argv])",
    "half of it": "argv = software([{'30': '12'}.get(word, word) if argv[at - 1] == '-frames:v' else word"
    " for at, word in enumerate(argv)])",
    "B-frames": "argv = ['main' if word == 'baseline' else word for word in software(argv)];"
    " del argv[argv.index('-tune'):argv.index('-tune') + 2]; argv[-1:-1] = ['-bf', '2', '-b_strategy', '0']",
    "": "argv = software(argv)",
    "goes": "if os.path.exists(os.path.join(os.path.dirname(sys.argv[0]), 'gone')):\n"
    "        sys.stderr.write('[h264_vaapi @ 0x55] Failed to create encode pipeline context: 20 (the requested"
    " resource allocation failed).\\nError initializing output stream 0:0 -- Error while opening encoder for output"
    " stream #0:0 - maybe incorrect parameters\\n'); sys.exit(1)\n"
    "    argv = software(argv)",
}
"""What it does when it is to encode by hardware, as Python; by the empty name it works. "goes" works
until there is a file ``gone`` beside it."""

_PROGRAM = """#!{python}
import os, sys
argv = sys.argv[1:]
def software(argv):
    text = '\\n'.join(argv)
    for word, other in (
        ('-vaapi_device\\n/dev/dri/renderD128\\n', ''),
        ('-vf\\nformat=nv12,hwupload\\n', ''),
        ('-c:v\\nh264_vaapi\\n-profile:v\\nconstrained_baseline\\n-bf\\n0',
         '-c:v\\nlibx264\\n-preset\\nultrafast\\n-tune\\nzerolatency\\n-profile:v\\nbaseline\\n-pix_fmt\\nyuv420p'),
    ):
        assert word in text, word
        text = text.replace(word, other)
    return text.split('\\n')
if 'h264_vaapi' in argv:
    open({marks!r}, 'a').write('h264_vaapi\\n')
    {lie}
os.execv({real!r}, [{real!r}, *argv])
"""


def lying_ffmpeg(folder: Path, lie: str) -> Path:
    """An ffmpeg in a folder; beside it is ``asked``, with a line for each time it was to encode by hardware.

    Args:
        folder: takes it.
        lie: one of LIES.
    """
    real = shutil.which("ffmpeg")
    if real is None:
        raise AssertionError("there is no ffmpeg")
    marks, path = folder / "asked", folder / "ffmpeg"
    marks.write_text("")
    path.write_text(_PROGRAM.format(python=sys.executable, marks=str(marks), lie=LIES[lie], real=real))
    path.chmod(0o755)
    return path

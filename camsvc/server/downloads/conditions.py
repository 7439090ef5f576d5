"""What a request for a file asks beside its name: ranges, and conditions (RFC 9110, sections 13 and 14)."""

from __future__ import annotations

import re

from twisted.web import http
from twisted.web.iweb import IRequest

_ETAG = re.compile(rb'"[^"]*"')
_STRONG_ETAG = re.compile(rb'(?<!W/)"[^"]*"')
_RANGE = re.compile(rb"(\d{0,18})-(\d{0,18})")
_RANGES = re.compile(rb"bytes=[ \t]*(\d{0,18}-\d{0,18}(?:[ \t]*,[ \t]*\d{0,18}-\d{0,18})*)[ \t]*\Z")
_MAX_RANGES = 16


def meets_preconditions(request: IRequest, etag: bytes, modified: int) -> bool:
    """Whether If-Match holds, or If-Unmodified-Since where that is not there (RFC 9110, section 13.2.2)."""
    tags = request.getHeader(b"if-match")
    if tags is not None:
        return tags.strip() == b"*" or etag in _STRONG_ETAG.findall(tags)
    since = request.getHeader(b"if-unmodified-since")
    if since is None:
        return True
    try:
        return bool(modified <= http.stringToDatetime(since))
    except ValueError:  # section 13.1.4: a date that is none is ignored
        return True


def satisfiable_ranges(header: bytes, size: int) -> bytes | None:
    """A Range header (RFC 9110, section 14.2) with every range inside the file.

    Returns:
        None where the header is to be ignored: it is malformed, or asks for more than the file holds, which
        overlapping ranges can do many times over. One range behind the end where none can be satisfied.
    """
    found = _RANGES.match(header)
    if found is None:
        return None
    spans = []
    for first, last in _RANGE.findall(found[1]):
        begin = int(first) if first else max(0, size - int(last or 0))
        end = int(last) if first and last else size - 1
        if (first and last and end < begin) or not (first or last):
            return None
        if begin < size:
            spans.append((begin, min(end, size - 1)))
    if len(spans) > _MAX_RANGES or sum(end - begin + 1 for begin, end in spans) > size:
        return None
    return b"bytes=" + (b",".join(b"%d-%d" % span for span in spans) or b"%d-" % size)


def prepare(request: IRequest, etag: bytes, modified: bytes, size: int) -> None:
    """Put the conditions of a request into the form that twisted.web answers as RFC 9110 asks.

    Args:
        request: is changed.
        etag: of the file, quoted.
        modified: its Last-Modified.
        size: its bytes.
    """
    headers = request.requestHeaders
    condition = request.getHeader(b"if-range")
    wanted = request.getHeader(b"range")
    if wanted and condition in (None, etag, modified) and (ranges := satisfiable_ranges(wanted, size)):
        headers.setRawHeaders(b"range", [ranges])
    else:
        headers.removeHeader(b"range")
    tags = request.getHeader(b"if-none-match")
    if tags:
        headers.removeHeader(b"if-modified-since")
        if etag in _ETAG.findall(tags):  # a list, and weak ones, which match here
            headers.setRawHeaders(b"if-none-match", [etag])

"""Time stamps from an authority by HTTP (RFC 3161, section 3.4). In a child only: it blocks."""

import urllib.error
import urllib.request
from urllib.parse import urlsplit

from asn1crypto import tsp
from pyhanko.sign.timestamps import TimeStamper

from docflow.signatures.keys import Refused
from docflow.signatures.terms import Fault

_SECONDS = 10
_LARGEST_ANSWER = 256 * 1024


class HttpTimeStamper(TimeStamper):
    """Asks one authority; in a child that does nothing else meanwhile. Raises Refused when it gives no time stamp."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        if urlsplit(self._url).scheme not in {"http", "https"}:
            raise Refused(Fault.TIMESTAMP_FAILED)
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        request = urllib.request.Request(self._url, data=req.dump(), headers=headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310, ASYNC210
                body = answer.read(_LARGEST_ANSWER)
            response = tsp.TimeStampResp.load(body, strict=True)
            granted = response["status"]["status"].native in {"granted", "granted_with_mods"}
        except (OSError, urllib.error.URLError, ValueError, TypeError, KeyError):
            raise Refused(Fault.TIMESTAMP_FAILED) from None
        if not granted:
            raise Refused(Fault.TIMESTAMP_FAILED)
        return response

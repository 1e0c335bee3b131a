"""One object, or a range of it, read chunk by chunk in threads."""

from minio import Minio
from urllib3 import BaseHTTPResponse

from storage.edge import translated


class Download:
    """A GET that starts with the first chunk. One thread at a time; not necessarily the same one.

    `length` None reads to the end.
    """

    def __init__(
        self, client: Minio, bucket: str, key: str, *, offset: int, length: int | None, chunk_size: int
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._offset = offset
        self._length = length
        self._chunk_size = chunk_size
        self._response: BaseHTTPResponse | None = None
        self.is_complete = False

    def next_chunk(self) -> bytes:
        """Exactly `chunk_size` bytes, fewer at the end, b"" after it.

        Raises ObjectMissing and BadRange at the first call; StoreUnavailable also later, when the server goes
        away before the announced length.
        """
        with translated(self._key):
            if self._response is None:
                self._response = self._client.get_object(
                    self._bucket, self._key, offset=self._offset, length=self._length or 0
                )
            chunk = self._response.read(self._chunk_size, decode_content=False)
            self.is_complete = not chunk or self._response.length_remaining == 0
            return chunk

    def close(self) -> None:
        """Give the connection back, or drop it when bytes are still under way."""
        if self._response is None:
            return
        if not self.is_complete:
            self._response.close()
        self._response.release_conn()

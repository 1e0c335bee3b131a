"""Tables as CSV (RFC 4180): UTF-8 with a byte order mark, which is how Excel knows it, lines ended by CR LF.

Only the titles of the columns and the rows, for programs to read: no heading, no lines below.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from docflow.printing.formulas import neutralised
from docflow.printing.tables import Row, Table, texts_of

ROWS_AT_ONCE = 500


class CsvWriter:
    """A writer of ``writers.TableWriter``."""

    def __init__(self, table: Table, out: BinaryIO) -> None:
        self._out = out
        self._text = io.StringIO(newline="")
        self._lines = csv.writer(self._text, lineterminator="\r\n")
        out.write(b"\xef\xbb\xbf")
        self._lines.writerow([neutralised(column.title) for column in table.columns])
        self._flush()

    def write(self, rows: Iterable[Row]) -> None:
        for place, row in enumerate(rows, 1):
            self._lines.writerow([neutralised(text) for text in texts_of(row)])
            if place % ROWS_AT_ONCE == 0:
                self._flush()
        self._flush()

    def finish(self, foot: Sequence[str] = ()) -> None:
        self._flush()

    def abandon(self) -> None:
        pass

    def _flush(self) -> None:
        self._out.write(self._text.getvalue().encode())
        self._text.seek(0)
        self._text.truncate()

"""What follows the last revision of a PDF."""

from pyhanko.pdf_utils.reader import PdfFileReader

_WHITE = b"\0\t\n\f\r "  # ISO 32000-1, 7.2.2


def says_more(reader: PdfFileReader) -> bool:
    """Whether anything but white space follows the last revision: bytes that no table of objects accounts for."""
    containers = map(reader.xrefs.get_xref_container_info, range(reader.total_revisions))
    reader.stream.seek(max(container.end_location for container in containers))
    _, _, rest = reader.stream.read().partition(b"%%EOF")
    return bool(rest.strip(_WHITE))

"""What a version's file tells of its pages, read by a child that can harm nobody."""

import asyncio
from contextlib import aclosing

import msgspec

from docflow.files.extract_terms import DOCX, ExtractionLimits
from docflow.files.extraction import bare, on_disk
from docflow.files.models import File
from docflow.files.service import FileStore
from docflow.issuing.form import Layout

_WORK = "docflow.issuing.layout_child:read_layout"
_LIMITS = ExtractionLimits(input_bytes=64 * 1024 * 1024, text_bytes=64 * 1024)
_LONGEST_NAME = 100


async def read_layout(files: FileStore, file: File) -> Layout | None:
    """The layout of a DOCX; None for any other file, and for one that tells nothing. Raises what the store raises."""
    if bare(file.media_type) != DOCX or file.size > _LIMITS.input_bytes:
        return None
    async with aclosing(files.read(file)) as source, on_disk(source, _LIMITS) as spooled:
        await asyncio.to_thread(spooled.seek, 0)
        ended = await files.children.run(_WORK, spooled, _LIMITS)
    try:
        told = msgspec.json.decode(ended.written, type=Layout)
    except msgspec.MsgspecError:
        return None
    named = tuple(name[:_LONGEST_NAME].replace("\0", "") for name in told.typefaces)
    return msgspec.structs.replace(told, typefaces=named)

"""Whether objects are there before somebody is promised them."""

import asyncio
from collections.abc import Sequence
from itertools import islice

from docflow.files.service import FileStore
from storage import ObjectMissing

ASKED_AT_ONCE = 8


async def find_absent(files: FileStore, objects: Sequence[tuple[str, int]]) -> int | None:
    """The place of the first object, key and size in bytes, that is not in the store or has another size; None when all
    are there. At most ASKED_AT_ONCE are asked for at once. Raises StoreUnavailable."""
    places = iter(range(len(objects)))

    async def look() -> int | None:
        for place in places:
            key, size = objects[place]
            try:
                info = await files.store.stat(key)
            except ObjectMissing:
                return place
            if info.size != size:
                return place
        return None

    looking = [asyncio.create_task(look()) for _ in islice(objects, ASKED_AT_ONCE)]
    try:
        found = [place for place in await asyncio.gather(*looking) if place is not None]
    except BaseException:
        for task in looking:
            task.cancel()
        raise
    return min(found, default=None)

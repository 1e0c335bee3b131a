"""Which keys may be used, and that those which may come back unchanged."""

import pytest

from storage import BadKey, ObjectStore
from tests.storage.conftest import Outside

ODD = [
    "Chỉ thị số 05-CT/TU.pdf",
    "tài liệu/quyết định (bản ký).pdf",
    "e\u0301 is not é",
    "é",
    "dấu + cộng",
    "a%20b",
    "a%2Fb",
    "?x=1&y=2",
    "#1",
    "\"quoted\" and 'quoted'",
    "<tag>&amp;",
    "😀",
    "~tilde",
    "..hidden",
    "dot.",
    "*|:;",
    "x" * 255,
    "/".join(["ữ" * 60] * 5),
]


async def test_odd_keys_come_back_unchanged(store: ObjectStore, outside: Outside) -> None:
    for key in ODD:
        async with store.write(key, "text/plain") as writer:
            await writer.write(key.encode())
            await writer.finish()
    for key in ODD:
        assert b"".join([chunk async for chunk in store.read(key)]).decode() == key
    listed = {entry.key async for entry in store.list_objects()}
    assert listed == set(ODD) == outside.keys()
    for key in ODD:
        await store.delete(key)
    assert outside.keys() == set()


@pytest.mark.parametrize(
    "key",
    [
        "",
        " ",
        "/leading",
        "trailing/",
        "double//slash",
        "a/ /b",
        ".",
        "a/../b",
        "back\\slash",
        "nul\0",
        "line\nfeed",
        "lone \ud800 surrogate",
        "x" * 256,
        "ữ" * 86,
        "x/" * 512 + "x",
    ],
)
async def test_a_key_that_some_server_would_change_is_refused(store: ObjectStore, key: str) -> None:
    with pytest.raises(BadKey):
        store.write(key, "text/plain")
    with pytest.raises(BadKey):
        await anext(store.read(key))
    with pytest.raises(BadKey):
        await store.stat(key)
    with pytest.raises(BadKey):
        await store.delete(key)

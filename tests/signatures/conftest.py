"""One authority, one desk and one warm process for all tests of signatures."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from docflow.files.children import Children
from docflow.signatures.desk import SigningDesk
from docflow.signatures.terms import Key, Placement
from tests.signatures.authority import PASSPHRASE, Authority, paper


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
async def children() -> AsyncIterator[Children]:
    children = Children()
    yield children
    await children.close()


@pytest.fixture(scope="session")
def roots(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return authority.publish(tmp_path_factory.mktemp("trust") / "roots")


@pytest.fixture(scope="session")
def desk(children: Children, roots: Path) -> SigningDesk:
    return SigningDesk(children, trust_roots=str(roots))


@pytest.fixture(scope="session")
def key(authority: Authority) -> Key:
    return Key(container=authority.container())


@pytest.fixture(scope="session")
async def signed(desk: SigningDesk, key: Key) -> bytes:
    """A page with two fields left open, signed by one person."""
    placement = Placement(
        field="Person", box=(300, 100, 480, 180), lines=("Nguyễn Văn Đức",), open_fields=("number", "day")
    )
    return await desk.sign(paper("number", "day"), key, PASSPHRASE, placement)

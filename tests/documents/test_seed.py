"""The decree's kinds are there from the start, and what a province changed stays."""

from sqlalchemy import delete, func, select, update

from docflow.core.db import Sessions, transaction
from docflow.documents.models import DocumentKind
from docflow.documents.seed import load_kinds
from docflow.retention.models import RetentionRule


async def symbols(sessions: Sessions) -> dict[str, str | None]:
    async with sessions() as session:
        rows = await session.execute(select(DocumentKind.code, DocumentKind.symbol))
        return {row.code: row.symbol for row in rows}


async def test_the_29_kinds_and_the_three_kinds_of_copy_are_there(sessions: Sessions):
    found = await symbols(sessions)
    assert len(found) == 32
    assert (found["directive"], found["programme"], found["official_letter"]) == ("CT", "CTr", None)


async def test_loading_again_brings_back_what_is_missing_and_nothing_else(sessions: Sessions):
    async with transaction(sessions) as session:
        await session.execute(delete(RetentionRule).where(RetentionRule.kind_code == "plan"))
        await session.execute(delete(DocumentKind).where(DocumentKind.code == "plan"))
        await session.execute(
            update(DocumentKind).where(DocumentKind.code == "report").values(name_vi="Báo cáo của tỉnh")
        )
    await load_kinds(sessions)
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(DocumentKind)) == 32
        name = await session.scalar(select(DocumentKind.name_vi).where(DocumentKind.code == "report"))
    assert name == "Báo cáo của tỉnh"


async def test_a_kind_of_the_province_with_a_symbol_of_the_decree_is_left_alone(sessions: Sessions):
    async with transaction(sessions) as session:
        await session.execute(delete(RetentionRule).where(RetentionRule.kind_code == "plan"))
        await session.execute(update(DocumentKind).where(DocumentKind.code == "plan").values(code="our_plan"))
    await load_kinds(sessions)
    found = await symbols(sessions)
    assert found["our_plan"] == "KH"
    assert "plan" not in found

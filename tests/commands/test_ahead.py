"""The web process that is started before its servers."""

from pathlib import Path

import pytest

from docflow.commands.ahead import WebAhead


def test_a_web_process_that_is_told_nothing_ends_with_its_starter(tmp_path: Path) -> None:
    with WebAhead(tmp_path / "web.log") as web:
        assert web.child.exited() is None
    assert web.child.exited() is not None


def test_it_ends_as_well_when_the_start_of_the_servers_fails(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no room"), WebAhead(tmp_path / "web.log") as web:
        raise OSError("no room")
    assert web.child.exited() is not None


def test_it_says_what_is_wrong_with_the_settings_it_is_told(tmp_path: Path) -> None:
    with WebAhead(tmp_path / "web.log") as web:
        child = web.tell({"DOCFLOW_PORT": "1"})
    assert child.wait(20)
    assert "missing settings" in child.tail()

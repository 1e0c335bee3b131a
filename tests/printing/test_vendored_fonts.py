"""The faces are byte for byte what their lock says, and may be given on."""

import hashlib
import json

from docflow.printing.typeface import FONTS, Face


def test_every_face_is_as_locked_and_the_licence_is_there() -> None:
    lock = json.loads((FONTS / "lock.json").read_text("utf-8"))
    present = {path.name for path in FONTS.iterdir()} - {"lock.json"}
    assert present == set(lock["sha256"]) == {f"{face}.ttf" for face in Face} | {"LICENSE"}
    for name, digest in lock["sha256"].items():
        assert hashlib.sha256((FONTS / name).read_bytes()).hexdigest() == digest, name
    assert lock["licence"] == "OFL-1.1"
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / "LICENSE").read_text("utf-8")

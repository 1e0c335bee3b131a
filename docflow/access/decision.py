"""The answer of the object gate: allowed or not, and why. What a screen offers comes from the same answer."""

import msgspec

from docflow.core.errors import NotAllowed


class Decision(msgspec.Struct, frozen=True):
    """``reason`` is a code of the catalogue: shown when refused, and kept in the audit trail."""

    allowed: bool
    reason: str

    def __bool__(self) -> bool:
        return self.allowed

    def require(self) -> None:
        """Raise NotAllowed with the reason unless allowed."""
        if not self.allowed:
            raise NotAllowed(reason=self.reason)


def allow(reason: str) -> Decision:
    return Decision(True, reason)


def deny(reason: str) -> Decision:
    return Decision(False, reason)

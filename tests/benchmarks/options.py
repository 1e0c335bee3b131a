"""How much is measured."""

from dataclasses import dataclass

from tests.benchmarks.figures import MIB

STEPS = [10_000, 100_000, 1_000_000]
"""Numbers of documents; the last takes ten to twenty minutes to make on two cores."""


@dataclass(frozen=True)
class Options:
    """Sizes in bytes, durations in seconds. ``quick`` only shows that everything runs; its figures mean little."""

    quick: bool = False
    small: bool = False

    @property
    def pairs(self) -> int:
        """Turns of ours and the limit, one after the other."""
        return 1 if self.quick else 3

    @property
    def big_file(self) -> int:
        return 32 * MIB if self.quick else 1024 * MIB

    @property
    def shared_file(self) -> int:
        """Each of several at once."""
        return 16 * MIB if self.quick else 256 * MIB

    @property
    def load_s(self) -> float:
        """One turn of one load."""
        return 1.0 if self.quick else 5.0

    @property
    def list_load_s(self) -> float:
        """One turn of a load of short requests."""
        return 0.5 if self.quick else 2.0

    @property
    def single_runs(self) -> int:
        """Of what is timed one at a time."""
        return 5 if self.quick else 30

    @property
    def events(self) -> int:
        """Of the trail that is sealed and verified."""
        return 10_000 if self.quick else 1_000_000

    @property
    def exported_documents(self) -> int:
        """Of the dossier that is exported."""
        return 50 if self.quick else 1_000

    @property
    def queued_documents(self) -> int:
        """That wait with one leader."""
        return 500 if self.quick else 10_000

    @property
    def directed_units(self) -> int:
        """Of one direction."""
        return 200 if self.quick else 2_000

    @property
    def document_steps(self) -> list[int]:
        """Numbers of documents at which lists and searches are measured."""
        if self.quick:
            return [2_000]
        return [step for step in STEPS if step not in self.left_out]

    @property
    def left_out(self) -> list[int]:
        """Numbers of documents that take long to make and were not asked for."""
        return STEPS[-1:] if self.small else []

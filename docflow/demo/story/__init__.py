"""The chapters of the main job, in order."""

from docflow.demo.story import (
    answering,
    arriving,
    books,
    circulating,
    citing,
    directing,
    finding,
    issuing,
    keeping,
    meeting,
    registering,
)
from docflow.demo.story.scene import Scene


def tell(scene: Scene) -> None:
    """The whole story. Raises at the first step that is not as expected."""
    registering.tell(scene)
    directing.tell(scene)
    answering.tell(scene)
    meeting.tell(scene)
    arriving.tell(scene)
    circulating.tell(scene)
    issuing.tell(scene)
    citing.tell(scene)
    books.tell(scene)
    finding.tell(scene)
    keeping.tell(scene)

"""Pictures: there is no text to read in one, but perhaps text to be recognised."""

from docflow.files.extract_terms import ExtractionLimits, ExtractionReason, Unreadable
from docflow.files.pictures import frames_of
from docflow.files.readers.source import Sink, Source


def look_at_image(source: Source, sink: Sink, limits: ExtractionLimits) -> int:
    """Each frame is a page that shows something and says nothing. Returns the number of frames."""
    frames = frames_of(source)
    sink.scanned.extend(range(1, min(frames, limits.pages) + 1))
    if frames > limits.pages:
        raise Unreadable(ExtractionReason.TOO_MANY_PAGES)
    return frames

"""What a paper says about itself, as suggestions for its registration: pure, bounded, and rather nothing than wrong.

It is read off the layout of Decree 30/2020/NĐ-CP (Appendix I) in the text of the first pages, as a PDF, an office
file or a recogniser gives it, and of English papers of the same layout. The names of a file and of a mail are asked
where the text says nothing. Nothing is registered from here: a clerk looks at it.
"""

from docflow.documents.prefill.composing import suggest
from docflow.documents.prefill.suggestion import Field, Source, Suggestion

__all__ = ["Field", "Source", "Suggestion", "suggest"]

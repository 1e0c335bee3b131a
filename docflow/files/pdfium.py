"""PDFium, loaded and made ready. Its calls are not safe for threads: one process, one document."""

import pypdfium2_raw as pdfium  # type: ignore[import-untyped]

BEYOND_PASSWORDS = frozenset({4, 5})
"""FPDF_ERR_PASSWORD and FPDF_ERR_SECURITY: a password is needed, or a scheme that is not known."""

pdfium.FPDF_InitLibrary()

__all__ = ["BEYOND_PASSWORDS", "pdfium"]

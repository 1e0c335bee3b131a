"""Printing: tables as XLSX, DOCX, PDF and CSV, row by row.

Owns how a table looks on paper and in a file, and its checksum; knows neither what is in it nor where it comes
from. Its words: a *table* has a heading, columns and rows; a *row* has cells, may be struck through and may carry a
note; a *writer* takes rows in batches and keeps none of them. Used for the legal registers, for exports of a search
and for reports of an import.
"""

"""The addresses of the year's list and of dossiers."""

from docflow.dossiers.api import closing, contents, dossiers, export, headings

routers = [headings.router, dossiers.router, contents.router, closing.router, export.router]
"""What is done about the year's list and dossiers."""

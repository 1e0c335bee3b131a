"""The addresses of the year's list and of dossiers."""

from docflow.dossiers.api import closing, contents, dossiers, headings

routers = [headings.router, dossiers.router, contents.router, closing.router]
"""What is done about the year's list and dossiers."""

"""Routes about the year's list and dossiers."""

from litestar import Router

routers: list[Router] = []

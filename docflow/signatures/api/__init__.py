"""Routes about validating and keeping credentials."""

from litestar import Router

routers: list[Router] = []

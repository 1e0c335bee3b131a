"""Routes about rules, holds and disposals."""

from litestar import Router

routers: list[Router] = []

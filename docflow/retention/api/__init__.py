"""Routes about rules, holds and disposals."""

from litestar import Router

from docflow.retention.api import disposals, holds, rules

routers: list[Router] = [rules.router, holds.router, disposals.router]

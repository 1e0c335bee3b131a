"""Routes about manuscripts, steps, issue, dispatch, succession."""

from litestar import Router

routers: list[Router] = []

"""The addresses of this capability."""

from litestar import Router

router = Router("", route_handlers=[])

"""Routes about manuscripts, steps, issue, dispatch, succession."""

from litestar import Router

from docflow.issuing.api import dispatches, issue, manuscripts, rules, steps, templates, trails, versions

routers: list[Router] = [
    manuscripts.router,
    versions.router,
    templates.router,
    steps.router,
    rules.router,
    issue.router,
    dispatches.router,
    trails.router,
]

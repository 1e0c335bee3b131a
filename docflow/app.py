"""The web application: the only place where its parts are wired."""

import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import structlog
from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.static_files import create_static_files_router
from sqlalchemy.ext.asyncio import AsyncEngine

import docflow.accounts.errors
import docflow.documents.errors
import docflow.dossiers.errors
import docflow.issuing.errors
import docflow.meetings.errors
import docflow.retention.errors
import docflow.signatures.errors
import docflow.tasks.errors
from docflow.accounts.api import absences, people, session, tokens, units
from docflow.accounts.service.sign_in import SessionRules
from docflow.audit import api as audit
from docflow.audit.refusals import record_refusal
from docflow.core.db import Sessions, create_engine, create_sessions
from docflow.core.errors import DocflowError
from docflow.documents import api as documents
from docflow.documents.imap import ImapSettings
from docflow.documents.queries.drafts import check_mailbox
from docflow.documents.service.mailbox.polling import Inbox
from docflow.documents.sheet import SheetSources
from docflow.dossiers import api as dossiers
from docflow.files.preview_answers import Previews
from docflow.files.recognition import find_recogniser
from docflow.files.service import FileStore
from docflow.files.uploads import Uploads
from docflow.home import api as home
from docflow.issuing import api as issuing
from docflow.issuing.api import links as dispatch_links
from docflow.issuing.service.bounces import bounces_of
from docflow.issuing.service.dispatch_letters import Terms
from docflow.issuing.service.issue import Desk
from docflow.issuing.sheet import issued_lines
from docflow.meetings import api as meetings
from docflow.meetings import links as meeting_links
from docflow.notifications.mail import Mailbox
from docflow.notifications.rendering import MailTemplates
from docflow.notifications.service import Postman
from docflow.notifications.smtp import SmtpSettings, SmtpTransport
from docflow.retention import api as retention
from docflow.settings import Settings, settings_from
from docflow.signatures import api as signatures
from docflow.signatures.desk import SigningDesk
from docflow.signatures.house import HouseSigner
from docflow.tasks import api as tasks
from docflow.tasks.service.follow import follow_receipts
from docflow.web import health, openapi, problems, requests
from docflow.web.early_answer import EarlyAnswer
from docflow.web.guard import RouteGate
from docflow.web.idempotency import Replay
from docflow.web.patience import IDLE_SECONDS
from docflow.web.transaction import RequestTransaction, TransactionMiddleware
from storage import LockMode, ObjectStore, StoreSettings

CONSTRAINTS: dict[str, type[DocflowError]] = {
    **docflow.accounts.errors.CONSTRAINTS,
    **docflow.documents.errors.CONSTRAINTS,
    **docflow.signatures.errors.CONSTRAINTS,
    **docflow.tasks.errors.CONSTRAINTS,
    **docflow.issuing.errors.CONSTRAINTS,
    **docflow.dossiers.errors.CONSTRAINTS,
    **docflow.retention.errors.CONSTRAINTS,
    **docflow.meetings.errors.CONSTRAINTS,
}
"""What a violated constraint means, in one place."""

PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Answers are for whoever asked, and for nobody's cache; a download says its own."""

MAX_JSON_BYTES = 1024 * 1024
"""A body that is no upload."""

API = [
    session.router,
    tokens.router,
    people.router,
    absences.router,
    units.router,
    audit.router,
    *documents.routers,
    *signatures.routers,
    tasks.router,
    *issuing.routers,
    *dossiers.routers,
    *retention.routers,
    meetings.router,
    home.router,
]


def open_store(settings: Settings) -> ObjectStore:
    """The object store that the settings name; nothing is connected yet."""
    return ObjectStore(
        StoreSettings(
            endpoint=settings.s3_endpoint,
            access_key=settings.s3_access_key,
            secret_key=settings.s3_secret_key,
            bucket=settings.s3_bucket,
            region=settings.s3_region,
            secure=settings.s3_secure,
        )
    )


def file_store_of(settings: Settings, store: ObjectStore) -> FileStore:
    """The store with its limits, and what looks into files; no process is started yet."""
    mode = None if settings.object_lock == "off" else LockMode(settings.object_lock.upper())
    return FileStore(
        store,
        settings.max_upload_bytes,
        settings.tesseract,
        lock_mode=mode,
        lock_years=settings.object_lock_years,
    )


def desk_of(settings: Settings, files: FileStore) -> SigningDesk:
    """Whoever signs and judges signatures, in children of the same warm process that looks into files."""
    return SigningDesk(
        children=files.children,
        trust_roots=settings.trust_roots,
        fetching=settings.signature_fetching,
        timestamp_url=settings.timestamp_url,
        pkcs11_module=settings.pkcs11_module,
    )


def terms_of(settings: Settings) -> Terms:
    """How mails with issued documents go out."""
    return Terms(settings.mail_attachment_bytes, settings.link_days)


def registry_desk_of(settings: Settings, files: FileStore, signing: SigningDesk) -> Desk:
    """What a registry issues with."""
    return Desk(postman_of(settings), files, signing, follow_receipts, terms_of(settings))


def house_of(settings: Settings, desk: SigningDesk) -> HouseSigner:
    """What signs in the name of the house."""
    return HouseSigner(desk, settings.proof_certificate, settings.proof_passphrase)


def smtp_transport(settings: Settings) -> SmtpTransport:
    """The mail server that the settings name."""
    return SmtpTransport(
        SmtpSettings(
            host=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_username,
            password=settings.smtp_password,
            tls=settings.smtp_tls,
        )
    )


def inbox_of(settings: Settings) -> Inbox | None:
    """The mailbox of the registry that the settings name, if they name one."""
    if not settings.imap_host:
        return None
    imap = ImapSettings(
        host=settings.imap_host,
        port=settings.imap_port,
        username=settings.imap_username,
        password=settings.imap_password,
        tls=settings.imap_tls,
        folder=settings.imap_folder,
    )
    settle = bounces_of(postman_of(settings))
    return Inbox(imap, settings.imap_unit, settings.imap_max_bytes, settings.mail_from, settle)


def configure_logs(settings: Settings) -> None:
    """Logs as JSON lines on standard output."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def postman_of(settings: Settings) -> Postman:
    """Whoever writes letters into the outbox."""
    words = MailTemplates(
        {name: f"docflow.{name}" for name in ("documents", "tasks", "issuing", "dossiers", "meetings")}
    )
    return Postman(Mailbox(settings.mail_from, "docflow"), settings.public_url, words)


def create_app(settings: Settings, *, idle_seconds: float = IDLE_SECONDS) -> Litestar:
    """The application for one process. Nothing is opened before the server starts it.

    A client that is silent for ``idle_seconds`` in the middle of its request is given up.
    """
    configure_logs(settings)
    engine = create_engine(settings.database_url, connections=settings.database_connections)
    sessions = create_sessions(engine)
    store = open_store(settings)
    files = file_store_of(settings, store)

    @asynccontextmanager
    async def parts(app: Litestar) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await engine.dispose()
            await files.children.close()
            await store.close()

    app = Litestar(
        route_handlers=[
            Router("/api/v1", route_handlers=API, response_headers=PRIVATE),
            meeting_links.router,
            dispatch_links.router,
            health.live,
            health.ready,
            *openapi.pages(),
            create_static_files_router("/static", directories=[openapi.STATIC], opt={"public": True}),
        ],
        guards=[RouteGate(session.authenticate, settings.public_url, idle_seconds=idle_seconds)],
        middleware=[EarlyAnswer(), TransactionMiddleware(sessions, CONSTRAINTS, problems.render_bare)],
        exception_handlers={Exception: problems.render, Replay: problems.replay},
        after_exception=[record_refusal(sessions)],
        dependencies={**_from_request(), **_parts(settings, sessions, files, idle_seconds)},
        lifespan=[parts],
        openapi_config=openapi.config(),
        state=State({"checks": _checks(settings, engine, store)}),
        logging_config=None,
        request_max_body_size=MAX_JSON_BYTES,
    )
    return requests.provide_in_turn(app)


def _checks(settings: Settings, engine: AsyncEngine, store: ObjectStore) -> dict[str, health.Check]:
    """What readiness asks, by the name that it answers with."""

    async def database() -> None:
        async with engine.connect() as connection:
            await connection.exec_driver_sql("SELECT 1")

    async def ocr() -> None:
        if await find_recogniser(settings.tesseract) is None:
            raise health.Absent

    checks: dict[str, health.Check] = {
        "database": database,
        "store": store.check,
        "mail": smtp_transport(settings).check,
        "ocr": ocr,
    }
    if (inbox := inbox_of(settings)) is not None:

        async def mailbox() -> None:
            async with create_sessions(engine)() as session:
                await check_mailbox(session, inbox.imap.name)

        checks["mailbox"] = mailbox
    return checks


def _parts(
    settings: Settings, sessions: Sessions, files: FileStore, idle_seconds: float
) -> dict[str, Provide]:
    """Dependencies that the handlers take by name besides those read off the request."""

    def provide_uploads(
        request: requests.AnyRequest,
        file_store: NamedDependency[FileStore],
        transaction: NamedDependency[RequestTransaction],
    ) -> Uploads:
        return Uploads(request, file_store, transaction, idle_seconds)

    def provide_previews(
        request: requests.AnyRequest, transaction: NamedDependency[RequestTransaction]
    ) -> Previews:
        return Previews(request, files, sessions, transaction)

    desk = desk_of(settings, files)
    return {
        "sessions": _always(sessions),
        "signing": _always(desk),
        "house": _always(house_of(settings, desk)),
        "previews": Provide(provide_previews, sync_to_thread=False),
        "session_rules": _always(SessionRules(settings.session_hours, settings.secure)),
        "file_store": _always(files),
        "office": _always(settings.office),
        "uploads": Provide(provide_uploads, sync_to_thread=False),
        "postman": _always(postman_of(settings)),
        "working_copy_time": _always(timedelta(hours=settings.working_copy_hours)),
        "sheet_sources": _always(SheetSources((issued_lines,))),
        "follow": _always(follow_receipts),
        "desk": _always(registry_desk_of(settings, files, desk)),
    }


def _from_request() -> dict[str, Provide]:
    return {
        "session": Provide(requests.provide_session, sync_to_thread=False),
        "transaction": Provide(requests.provide_transaction, sync_to_thread=False),
        "actor": Provide(requests.provide_actor, sync_to_thread=False),
        "version": Provide(requests.provide_version, sync_to_thread=False),
        "limit": Provide(requests.provide_limit, sync_to_thread=False),
    }


def _always(part: Any) -> Provide:
    def give() -> Any:
        return part

    return Provide(give, sync_to_thread=False, use_cache=True)


def from_environment() -> Litestar:
    """The application of a web process, told by its environment."""
    app = create_app(settings_from(os.environ))
    # What is loaded by now stays: the collector of garbage need not go through it again and again.
    gc.collect()
    gc.freeze()
    return app

"""Filing: configured registers and every number they gave, intake, citations, previews, kept searches."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


_ENTRIES = """
INSERT INTO register_entry (register_id, number, taken_at, taken_by)
SELECT register_id, register_number, registered_at, registered_by FROM document
"""
_FOUND_BY = r"""
UPDATE document SET touched_at = registered_at, signer_key = translate(
    regexp_replace(normalize(lower(signer_name COLLATE pg_c_utf8), NFD), '[\u0300-\u036f]', '', 'g'), 'đðɖ', 'ddd'
)
"""
# What they are found by is written anew by the worker: neighbouring words and filters are in it now.
_INDEX_AGAIN = """
INSERT INTO procrastinate_jobs (queue_name, task_name, args)
SELECT 'default', 'documents.index', jsonb_build_object('document_id', id) FROM document ORDER BY registered_at DESC
"""
_TAGS = """
tag IN ('access:refused', 'document:acknowledged', 'document:amended', 'document:directed',
'document:downloaded', 'document:exported', 'document:file_added', 'document:read',
'document:registered', 'document:routed', 'document:voided', 'draft:added', 'draft:discarded',
'draft:read', 'draft:registered', 'kind:added', 'mail:settled', 'mail:set_aside', 'meeting:answered',
'meeting:cancelled', 'meeting:changed', 'meeting:participant_added', 'meeting:participant_removed',
'meeting:scheduled', 'number:reserved', 'number:voided', 'person:added', 'person:changed',
'register:changed', 'register:closed', 'register:opened', 'register:printed', 'role:given',
'role:taken', 'search:changed', 'search:dropped', 'search:kept', 'session:ended', 'session:refused',
'session:started', 'site:added', 'site:changed', 'task:accepted', 'task:completed', 'task:reported',
'task:returned', 'token:issued', 'token:revoked', 'unit:added', 'unit:changed')
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    _create_tables()
    _change_registers()
    _change_documents()
    op.drop_constraint(op.f("ck_audit_event_tag"), "audit_event", type_="check")
    op.create_check_constraint(op.f("ck_audit_event_tag"), "audit_event", " ".join(_TAGS.split()))


def _direction(table: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_direction"), table, type_="check")
    op.create_check_constraint(
        op.f(f"ck_{table}_direction"), table, "direction IN ('incoming', 'outgoing', 'internal')"
    )


def _create_tables() -> None:
    op.create_table(
        "mailbox",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("trying_uid", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mailbox")),
    )
    op.create_table(
        "search_word",
        sa.Column("word", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_word")),
    )
    op.create_index(
        "ix_search_word_near",
        "search_word",
        ["word"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )
    op.create_table(
        "saved_search",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("search", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("by_mail", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saved_search_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
        sa.UniqueConstraint("person_id", "name", name=op.f("uq_saved_search_person_id_name")),
    )
    op.create_index("ix_saved_search_told_until", "saved_search", ["told_until"], unique=False)
    op.create_table(
        "file_preview",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("ck_file_preview_sha256")),
        sa.CheckConstraint("page > 0 AND width > 0 AND size > 0", name=op.f("ck_file_preview_positive")),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_file_preview_file_id")),
        sa.PrimaryKeyConstraint("file_id", "page", "width", name=op.f("pk_file_preview")),
        sa.UniqueConstraint("object_key", name=op.f("uq_file_preview_object_key")),
    )
    op.create_table(
        "mail_message",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content_key", sa.LargeBinary(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_automatic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("settled_note", sa.Text(), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "state IN ('drafted', 'repeated', 'set_aside', 'settled')", name=op.f("ck_mail_message_state")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_mail_message_file_id")),
        sa.ForeignKeyConstraint(["settled_by"], ["person.id"], name=op.f("fk_mail_message_settled_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_mail_message_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_message")),
        sa.UniqueConstraint("file_id", name=op.f("uq_mail_message_file_id")),
        sa.UniqueConstraint(
            "mailbox", "uid_validity", "uid", name=op.f("uq_mail_message_mailbox_uid_validity_uid")
        ),
    )
    op.create_index("ix_mail_message_message_id", "mail_message", ["message_id"], unique=False)
    op.create_index(
        "ix_mail_message_set_aside",
        "mail_message",
        ["unit_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'set_aside'"),
    )
    op.create_index("ix_mail_message_unit_id", "mail_message", ["unit_id", "id"], unique=False)
    op.create_index(
        "uq_mail_message_content",
        "mail_message",
        ["unit_id", "content_key"],
        unique=True,
        postgresql_where=sa.text("state <> 'repeated'"),
    )
    op.create_table(
        "register_entry",
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("suffix", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=False),
        sa.Column("reserved_for", sa.Text(), nullable=True),
        sa.Column("reserved_until", sa.Date(), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_by", sa.Uuid(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("suffix ~ '^[a-zđ]{0,2}$'", name=op.f("ck_register_entry_suffix")),
        sa.CheckConstraint(
            "(voided_at IS NULL) = (void_reason IS NULL) AND (voided_at IS NULL) = (voided_by IS NULL)",
            name=op.f("ck_register_entry_void_with_reason"),
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_register_entry_number")),
        sa.ForeignKeyConstraint(["register_id"], ["register.id"], name=op.f("fk_register_entry_register_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["person.id"], name=op.f("fk_register_entry_taken_by")),
        sa.ForeignKeyConstraint(["voided_by"], ["person.id"], name=op.f("fk_register_entry_voided_by")),
        sa.PrimaryKeyConstraint("register_id", "number", "suffix", name=op.f("pk_register_entry")),
    )
    op.create_index(
        "ix_register_entry_reserved",
        "register_entry",
        ["register_id"],
        unique=False,
        postgresql_where=sa.text("reserved_for IS NOT NULL"),
    )
    op.create_table(
        "register_print",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("row_digests", sa.LargeBinary(), nullable=False),
        sa.Column("restricted", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("printed_by", sa.Uuid(), nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('register', 'follow_up')", name=op.f("ck_register_print_kind")),
        sa.CheckConstraint("language IN ('vi', 'en')", name=op.f("ck_register_print_language")),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_register_print_period")),
        sa.CheckConstraint("octet_length(digest) = 32", name=op.f("ck_register_print_digest")),
        sa.ForeignKeyConstraint(["printed_by"], ["person.id"], name=op.f("fk_register_print_printed_by")),
        sa.ForeignKeyConstraint(["register_id"], ["register.id"], name=op.f("fk_register_print_register_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_print")),
        sa.UniqueConstraint("code", name=op.f("uq_register_print_code")),
    )
    op.create_index(op.f("ix_register_print_digest"), "register_print", ["digest"], unique=False)
    op.create_index(op.f("ix_register_print_register_id"), "register_print", ["register_id"], unique=False)
    op.create_table(
        "citation",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("symbol_keys", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.CheckConstraint("place IN ('subject', 'text')", name=op.f("ck_citation_place")),
        sa.CheckConstraint(
            "relation IN ('basis', 'implements', 'follows', 'amends', 'replaces', 'repeals', 'answers', 'mentions')",
            name=op.f("ck_citation_relation"),
        ),
        sa.CheckConstraint("cardinality(symbol_keys) > 0", name=op.f("ck_citation_symbol_keys")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_citation_document_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_citation")),
    )
    op.create_index(op.f("ix_citation_document_id"), "citation", ["document_id"], unique=False)
    op.create_table(
        "draft",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("mail_id", sa.Uuid(), nullable=True),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("discard_reason", sa.Text(), nullable=True),
        sa.Column("emptied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "(state = 'discarded') = (discard_reason IS NOT NULL)", name=op.f("ck_draft_discarded")
        ),
        sa.CheckConstraint(
            "(state = 'registered') = (document_id IS NOT NULL)", name=op.f("ck_draft_registered")
        ),
        sa.CheckConstraint("source IN ('upload', 'mail', 'import')", name=op.f("ck_draft_source")),
        sa.CheckConstraint("state IN ('waiting', 'registered', 'discarded')", name=op.f("ck_draft_state")),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"], name=op.f("fk_draft_added_by")),
        sa.ForeignKeyConstraint(["closed_by"], ["person.id"], name=op.f("fk_draft_closed_by")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_draft_document_id")),
        sa.ForeignKeyConstraint(["mail_id"], ["mail_message.id"], name=op.f("fk_draft_mail_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_draft_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("mail_id", name=op.f("uq_draft_mail_id")),
    )
    op.create_index(op.f("ix_draft_document_id"), "draft", ["document_id"], unique=False)
    op.create_index("ix_draft_unit_id", "draft", ["unit_id", "id"], unique=False)
    op.create_index(
        "ix_draft_discarded",
        "draft",
        ["closed_at"],
        unique=False,
        postgresql_where=sa.text("state = 'discarded' AND emptied_at IS NULL"),
    )
    op.create_index(
        "ix_draft_waiting",
        "draft",
        ["unit_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "imported_row",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_imported_row_document_id")),
        sa.ForeignKeyConstraint(["imported_by"], ["person.id"], name=op.f("fk_imported_row_imported_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_imported_row_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", "key", name=op.f("pk_imported_row")),
    )
    op.create_index(op.f("ix_imported_row_document_id"), "imported_row", ["document_id"], unique=False)
    op.create_table(
        "saved_search_hit",
        sa.Column("search_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_saved_search_hit_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["search_id"], ["saved_search.id"], name=op.f("fk_saved_search_hit_search_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("search_id", "document_id", name=op.f("pk_saved_search_hit")),
    )
    op.create_index(
        op.f("ix_saved_search_hit_document_id"), "saved_search_hit", ["document_id"], unique=False
    )
    op.create_table(
        "draft_file",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_draft_file_draft_id")),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_draft_file_file_id")),
        sa.PrimaryKeyConstraint("draft_id", "position", name=op.f("pk_draft_file")),
        sa.UniqueConstraint("file_id", name=op.f("uq_draft_file_file_id")),
    )


def _change_registers() -> None:
    op.add_column("register", sa.Column("title", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column(
        "register",
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column(
        "register", sa.Column("is_secret", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "register", sa.Column("series", sa.Text(), server_default=sa.text("'year'"), nullable=False)
    )
    op.add_column("register", sa.Column("starts_on", sa.Date(), nullable=True))
    op.add_column("register", sa.Column("ends_on", sa.Date(), nullable=True))
    op.add_column("register", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("register", sa.Column("closed_by", sa.Uuid(), nullable=True))
    op.add_column("register", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.execute("UPDATE register SET starts_on = make_date(year, 1, 1), ends_on = make_date(year + 1, 1, 1)")
    op.alter_column("register", "starts_on", nullable=False)
    op.alter_column("register", "ends_on", nullable=False)
    op.drop_constraint(op.f("uq_register_unit_id_direction_year"), "register", type_="unique")
    op.create_index(
        "uq_register_book",
        "register",
        ["unit_id", "direction", "is_secret", "starts_on", "kinds"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL OR last_number > 0"),
    )
    op.create_foreign_key(op.f("fk_register_closed_by"), "register", "person", ["closed_by"], ["id"])
    op.drop_column("register", "year")
    op.create_check_constraint(op.f("ck_register_period"), "register", "ends_on > starts_on")
    op.create_check_constraint(op.f("ck_register_series"), "register", "series IN ('year', 'term')")
    _direction("register")


def _change_documents() -> None:
    op.add_column(
        "document", sa.Column("register_suffix", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.add_column("document", sa.Column("late_reason", sa.Text(), nullable=True))
    op.add_column("document", sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "document", sa.Column("source", sa.Text(), server_default=sa.text("'upload'"), nullable=False)
    )
    op.add_column(
        "document", sa.Column("signer_key", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.add_column(
        "document", sa.Column("copy_kept_by", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.add_column(
        "document",
        sa.Column("touched_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.add_column(
        "document",
        sa.Column("exact_words", postgresql.TSVECTOR(), server_default=sa.text("''"), nullable=False),
    )
    op.drop_constraint(op.f("uq_document_register_id_register_number"), "document", type_="unique")
    op.add_column("document", sa.Column("cited", postgresql.ARRAY(sa.Text()), nullable=True))
    op.drop_index("ix_document_symbol_key", table_name="document")
    op.create_index("ix_document_symbol_key", "document", ["symbol_key", "issued_on"], unique=False)
    op.create_index(
        "ix_document_cited", "document", ["cited", "readers"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_document_not_cited",
        "document",
        ["id"],
        unique=False,
        postgresql_where=sa.text("cited IS NULL"),
    )
    op.create_index("ix_document_touched_at", "document", ["touched_at"], unique=False)
    op.create_index(
        "ix_document_issued_on", "document", [sa.text("issued_on DESC"), sa.text("id DESC")], unique=False
    )
    op.create_index(
        "ix_document_void",
        "document",
        ["id"],
        unique=False,
        postgresql_where=sa.text("voided_at IS NOT NULL"),
    )
    op.create_unique_constraint(
        "uq_document_register_number", "document", ["register_id", "register_number", "register_suffix"]
    )
    op.execute(_ENTRIES)
    op.create_foreign_key(
        "fk_document_register_entry",
        "document",
        "register_entry",
        ["register_id", "register_number", "register_suffix"],
        ["register_id", "number", "suffix"],
    )
    op.add_column(
        "document_file", sa.Column("annex", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.drop_constraint(op.f("uq_document_file_document_id_version"), "document_file", type_="unique")
    op.create_unique_constraint(
        op.f("uq_document_file_document_id_annex_version"),
        "document_file",
        ["document_id", "annex", "version"],
    )
    op.add_column("file", sa.Column("text_origin", sa.Text(), nullable=True))
    op.add_column(
        "file",
        sa.Column("marks", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.create_check_constraint(op.f("ck_document_late_reason"), "document", "late_reason <> ''")
    op.create_check_constraint(
        op.f("ck_document_source"), "document", "source IN ('upload', 'mail', 'import')"
    )
    _direction("document")
    op.create_check_constraint(op.f("ck_document_file_annex"), "document_file", "annex >= 0")
    op.create_check_constraint(
        op.f("ck_file_text_origin"), "file", "text_origin IN ('layer', 'ocr', 'mixed')"
    )
    op.execute(_FOUND_BY)
    op.execute(_INDEX_AGAIN)

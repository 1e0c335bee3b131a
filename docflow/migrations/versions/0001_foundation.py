"""The tables of every capability, the job queue, and the lock on the audit trail."""

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


_ONLY_APPEND = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def _create_queue() -> None:
    """Procrastinate's own tables and functions, as its package ships them."""
    op.get_bind().connection.cursor().execute(SchemaManager.get_schema())


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _create_queue()
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("on_behalf_of", sa.Uuid(), nullable=True),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column(
            "details", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint(
            "tag IN ('access:refused', 'document:acknowledged', 'document:amended', 'document:directed', 'document:downloaded', 'document:file_added', 'document:read', 'document:registered', 'document:routed', 'kind:added', 'meeting:answered', 'meeting:cancelled', 'meeting:changed', 'meeting:participant_added', 'meeting:participant_removed', 'meeting:scheduled', 'person:added', 'person:changed', 'role:given', 'role:taken', 'session:ended', 'session:refused', 'session:started', 'site:added', 'site:changed', 'task:accepted', 'task:completed', 'task:reported', 'task:returned', 'token:issued', 'token:revoked', 'unit:added', 'unit:changed')",
            name=op.f("ck_audit_event_tag"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_index("ix_audit_event_actor", "audit_event", ["actor_id", "id"], unique=False)
    op.create_index(
        "ix_audit_event_subject", "audit_event", ["subject_kind", "subject_id", "id"], unique=False
    )
    op.create_table(
        "document_kind",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=True),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_document_kind")),
        sa.UniqueConstraint("symbol", name=op.f("uq_document_kind_symbol")),
    )
    op.create_table(
        "kept_answer",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "key", name=op.f("pk_kept_answer")),
    )
    op.create_index(op.f("ix_kept_answer_answered_at"), "kept_answer", ["answered_at"], unique=False)
    op.create_table(
        "letter",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("no", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'queued'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.CheckConstraint("state <> 'sent' OR content = ''", name=op.f("ck_letter_sent_is_emptied")),
        sa.CheckConstraint("state IN ('queued', 'sent', 'failed')", name=op.f("ck_letter_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("effect", name=op.f("uq_letter_effect")),
        sa.UniqueConstraint("no", name=op.f("uq_letter_no")),
    )
    op.create_index(
        "ix_letter_due",
        "letter",
        ["due_at", "no"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index("ix_letter_subject", "letter", ["subject_kind", "subject_id", "no"], unique=False)
    op.create_index(
        "ix_letter_thread",
        "letter",
        ["thread", "no"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(collation="C"), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("clearance", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("language IN ('vi', 'en')", name=op.f("ck_person_language")),
        sa.CheckConstraint("clearance BETWEEN 0 AND 3", name=op.f("ck_person_clearance")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_index("ix_person_sort_key", "person", ["sort_key", "id"], unique=False)
    op.create_index("uq_person_username", "person", [sa.literal_column("lower(username)")], unique=True)
    op.create_table(
        "sign_in_throttle",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_throttle")),
    )
    op.create_table(
        "site_kind",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_site_kind")),
    )
    op.create_table(
        "tick",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "slot", name=op.f("pk_tick")),
    )
    op.create_table(
        "unit_kind",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_unit_kind")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_token_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
    )
    op.create_index(op.f("ix_api_token_person_id"), "api_token", ["person_id"], unique=False)
    op.create_table(
        "file",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stored_by", sa.Uuid(), nullable=True),
        sa.Column("text_status", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("text_reason", sa.Text(), nullable=True),
        sa.Column("page_count", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "text_status IN ('waiting', 'extracted', 'cut', 'empty', 'unsupported', 'failed')",
            name=op.f("ck_file_text_status"),
        ),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("ck_file_sha256")),
        sa.CheckConstraint("size > 0", name=op.f("ck_file_not_empty")),
        sa.ForeignKeyConstraint(["stored_by"], ["person.id"], name=op.f("fk_file_stored_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file")),
        sa.UniqueConstraint("object_key", name=op.f("uq_file_object_key")),
    )
    op.create_index("ix_file_sha256", "file", ["sha256"], unique=False)
    op.create_index(
        "ix_file_waiting", "file", ["id"], unique=False, postgresql_where=sa.text("text_status = 'waiting'")
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("no", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind_code", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("lineage", postgresql.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("successor_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_unit_not_its_own_parent")),
        sa.CheckConstraint("successor_id <> id", name=op.f("ck_unit_not_its_own_successor")),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_unit_validity")),
        sa.ForeignKeyConstraint(["kind_code"], ["unit_kind.code"], name=op.f("fk_unit_kind_code")),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.id"], name=op.f("fk_unit_parent_id")),
        sa.ForeignKeyConstraint(["successor_id"], ["unit.id"], name=op.f("fk_unit_successor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_unit_code")),
        sa.UniqueConstraint("no", name=op.f("uq_unit_no")),
    )
    op.create_index(op.f("ix_unit_parent_id"), "unit", ["parent_id"], unique=False)
    op.create_index(op.f("ix_unit_successor_id"), "unit", ["successor_id"], unique=False)
    op.create_table(
        "user_session",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_user_session_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_user_session_digest")),
    )
    op.create_index(op.f("ix_user_session_expires_at"), "user_session", ["expires_at"], unique=False)
    op.create_index(op.f("ix_user_session_person_id"), "user_session", ["person_id"], unique=False)
    op.create_table(
        "file_text",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_file_text_file_id")),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_file_text")),
    )
    op.create_table(
        "principal",
        sa.Column("no", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'person' AND person_id IS NOT NULL AND unit_id IS NULL) OR (kind = 'unit' AND unit_id IS NOT NULL AND person_id IS NULL)",
            name=op.f("ck_principal_one_subject"),
        ),
        sa.CheckConstraint("kind IN ('person', 'unit')", name=op.f("ck_principal_kind")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_principal_person_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_principal_unit_id")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_principal")),
        sa.UniqueConstraint("person_id", name=op.f("uq_principal_person_id")),
        sa.UniqueConstraint("unit_id", name=op.f("uq_principal_unit_id")),
    )
    op.create_table(
        "register",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("direction IN ('incoming', 'outgoing')", name=op.f("ck_register_direction")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_register_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register")),
        sa.UniqueConstraint("unit_id", "direction", "year", name=op.f("uq_register_unit_id_direction_year")),
    )
    op.create_table(
        "role_held",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "role IN ('administrator', 'auditor', 'leader', 'meeting_organizer', 'registry_clerk', 'specialist', 'unit_head')",
            name=op.f("ck_role_held_role"),
        ),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_role_held_validity")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_role_held_person_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_role_held_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_held")),
        sa.UniqueConstraint(
            "person_id",
            "unit_id",
            "role",
            "valid_from",
            name=op.f("uq_role_held_person_id_unit_id_role_valid_from"),
        ),
    )
    op.create_index(op.f("ix_role_held_unit_id"), "role_held", ["unit_id"], unique=False)
    op.create_table(
        "site",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("no", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind_code", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("technician", sa.Text(), nullable=False),
        sa.Column("technician_phone", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("seats > 0", name=op.f("ck_site_seats")),
        sa.ForeignKeyConstraint(["kind_code"], ["site_kind.code"], name=op.f("fk_site_kind_code")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_site_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("name", name=op.f("uq_site_name")),
        sa.UniqueConstraint("no", name=op.f("uq_site_no")),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("register_number", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=False),
        sa.Column("arrived_on", sa.Date(), nullable=True),
        sa.Column("kind_code", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("symbol_key", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("issuer_key", sa.Text(), nullable=False),
        sa.Column("issuer_unit_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("page_count", sa.Integer(), nullable=True),
        sa.Column("copies", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signer_name", sa.Text(), nullable=False),
        sa.Column("signer_post", sa.Text(), nullable=False),
        sa.Column("signer_authority", sa.Text(), nullable=True),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("secrecy", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("answers_id", sa.Uuid(), nullable=True),
        sa.Column("readers", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("search_vector", postgresql.TSVECTOR(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "(direction = 'incoming') = (arrived_on IS NOT NULL)", name=op.f("ck_document_arrival")
        ),
        sa.CheckConstraint("direction IN ('incoming', 'outgoing')", name=op.f("ck_document_direction")),
        sa.CheckConstraint(
            "signer_authority IN ('TM.', 'KT.', 'TL.', 'TUQ.', 'Q.')",
            name=op.f("ck_document_signer_authority"),
        ),
        sa.CheckConstraint(
            "urgency IN ('normal', 'urgent', 'very_urgent', 'flash')", name=op.f("ck_document_urgency")
        ),
        sa.CheckConstraint("arrived_on >= issued_on", name=op.f("ck_document_arrival_after_issue")),
        sa.CheckConstraint("char_length(subject) BETWEEN 1 AND 500", name=op.f("ck_document_subject_length")),
        sa.CheckConstraint("copies > 0", name=op.f("ck_document_copies")),
        sa.CheckConstraint("page_count > 0", name=op.f("ck_document_page_count")),
        sa.CheckConstraint("secrecy BETWEEN 0 AND 3", name=op.f("ck_document_secrecy")),
        sa.ForeignKeyConstraint(["answers_id"], ["document.id"], name=op.f("fk_document_answers_id")),
        sa.ForeignKeyConstraint(["issuer_unit_id"], ["unit.id"], name=op.f("fk_document_issuer_unit_id")),
        sa.ForeignKeyConstraint(["kind_code"], ["document_kind.code"], name=op.f("fk_document_kind_code")),
        sa.ForeignKeyConstraint(["register_id"], ["register.id"], name=op.f("fk_document_register_id")),
        sa.ForeignKeyConstraint(["registered_by"], ["person.id"], name=op.f("fk_document_registered_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_document_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint(
            "register_id", "register_number", name=op.f("uq_document_register_id_register_number")
        ),
    )
    op.create_index(op.f("ix_document_answers_id"), "document", ["answers_id"], unique=False)
    op.create_index(
        "ix_document_found", "document", ["search_vector", "readers"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_document_newest",
        "document",
        [sa.literal_column("registered_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index("ix_document_symbol_key", "document", ["symbol_key"], unique=False)
    op.create_table(
        "document_file",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"], name=op.f("fk_document_file_added_by")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_document_file_document_id")),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_document_file_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_file")),
        sa.UniqueConstraint("document_id", "version", name=op.f("uq_document_file_document_id_version")),
        sa.UniqueConstraint("file_id", name=op.f("uq_document_file_file_id")),
    )
    op.create_table(
        "leader_direction",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("leader_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("directed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_leader_direction_document_id")
        ),
        sa.ForeignKeyConstraint(["leader_id"], ["person.id"], name=op.f("fk_leader_direction_leader_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leader_direction")),
    )
    op.create_index(
        op.f("ix_leader_direction_document_id"), "leader_direction", ["document_id"], unique=False
    )
    op.create_index(op.f("ix_leader_direction_leader_id"), "leader_direction", ["leader_id"], unique=False)
    op.create_table(
        "meeting",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("organizer_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("letter_number", sa.Text(), nullable=True),
        sa.Column("join_url", sa.Text(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("central_site_no", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'scheduled'"), nullable=False),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancel_reason IS NOT NULL)", name=op.f("ck_meeting_cancel_reason")
        ),
        sa.CheckConstraint("state IN ('scheduled', 'cancelled')", name=op.f("ck_meeting_state")),
        sa.CheckConstraint("char_length(subject) BETWEEN 1 AND 500", name=op.f("ck_meeting_subject_length")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_meeting_times")),
        sa.ForeignKeyConstraint(["central_site_no"], ["site.no"], name=op.f("fk_meeting_central_site_no")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_meeting_document_id")),
        sa.ForeignKeyConstraint(["organizer_id"], ["person.id"], name=op.f("fk_meeting_organizer_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_meeting_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint("token", name=op.f("uq_meeting_token")),
        sa.UniqueConstraint("uid", name=op.f("uq_meeting_uid")),
    )
    op.create_index(op.f("ix_meeting_document_id"), "meeting", ["document_id"], unique=False)
    op.create_index("ix_meeting_starts_at", "meeting", ["starts_at", "id"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("principal_no", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "role IN ('direction', 'lead', 'coordinate', 'information')", name=op.f("ck_receipt_role")
        ),
        sa.ForeignKeyConstraint(["acknowledged_by"], ["person.id"], name=op.f("fk_receipt_acknowledged_by")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_receipt_document_id")),
        sa.ForeignKeyConstraint(["principal_no"], ["principal.no"], name=op.f("fk_receipt_principal_no")),
        sa.ForeignKeyConstraint(["sent_by"], ["person.id"], name=op.f("fk_receipt_sent_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint(
            "document_id", "principal_no", "role", name=op.f("uq_receipt_document_id_principal_no_role")
        ),
    )
    op.create_index(
        "ix_receipt_waiting",
        "receipt",
        ["principal_no", "id"],
        unique=False,
        postgresql_where=sa.text("acknowledged_at IS NULL"),
    )
    op.create_table(
        "booking",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("site_no", sa.Integer(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(site_no, site_no, '[]')"), "&&"),
            (sa.column("during"), "&&"),
            where=sa.text("released_at IS NULL"),
            using="gist",
            name="ex_booking_site_twice",
        ),
        sa.CheckConstraint("NOT isempty(during)", name=op.f("ck_booking_during")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_booking_meeting_id")),
        sa.ForeignKeyConstraint(["site_no"], ["site.no"], name=op.f("fk_booking_site_no")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
    )
    op.create_index(op.f("ix_booking_meeting_id"), "booking", ["meeting_id"], unique=False)
    op.create_index(op.f("ix_booking_site_no"), "booking", ["site_no"], unique=False)
    op.create_table(
        "participant",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("site_no", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), server_default=sa.text("'needs_action'"), nullable=False),
        sa.Column("answer_note", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("link_digest", sa.LargeBinary(), nullable=False),
        sa.Column("link_sequence", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "answer IN ('needs_action', 'accepted', 'declined', 'tentative')",
            name=op.f("ck_participant_answer"),
        ),
        sa.CheckConstraint(
            "role IN ('chair', 'secretary', 'presenter', 'member', 'guest', 'technician')",
            name=op.f("ck_participant_role"),
        ),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_participant_meeting_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_participant_person_id")),
        sa.ForeignKeyConstraint(["site_no"], ["site.no"], name=op.f("fk_participant_site_no")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
        sa.UniqueConstraint("link_digest", name=op.f("uq_participant_link_digest")),
    )
    op.create_index(
        "ix_participant_address",
        "participant",
        [sa.literal_column("lower(email)")],
        unique=False,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_index(op.f("ix_participant_person_id"), "participant", ["person_id"], unique=False)
    op.create_index(
        "uq_participant_chair",
        "participant",
        ["meeting_id"],
        unique=True,
        postgresql_where=sa.text("role = 'chair' AND removed_at IS NULL"),
    )
    op.create_index(
        "uq_participant_invited",
        "participant",
        ["meeting_id", sa.literal_column("lower(email)")],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("direction_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("original_due_on", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("due_at > assigned_at", name=op.f("ck_task_due_after_assignment")),
        sa.ForeignKeyConstraint(["direction_id"], ["leader_direction.id"], name=op.f("fk_task_direction_id")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_task_document_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(op.f("ix_task_direction_id"), "task", ["direction_id"], unique=False)
    op.create_index(op.f("ix_task_document_id"), "task", ["document_id"], unique=False)
    op.create_table(
        "task_part",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'assigned'"), nullable=False),
        sa.Column("percent", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leader_id", sa.Uuid(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("return_reason", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result_document_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "(state = 'returned') = (return_reason IS NOT NULL)", name=op.f("ck_task_part_return_reason")
        ),
        sa.CheckConstraint(
            "(state IN ('completed', 'closed')) = (finished_at IS NOT NULL)",
            name=op.f("ck_task_part_finished"),
        ),
        sa.CheckConstraint("role IN ('lead', 'coordinate')", name=op.f("ck_task_part_role")),
        sa.CheckConstraint(
            "state IN ('assigned', 'accepted', 'returned', 'completed', 'closed')",
            name=op.f("ck_task_part_state"),
        ),
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name=op.f("ck_task_part_percent")),
        sa.ForeignKeyConstraint(["leader_id"], ["person.id"], name=op.f("fk_task_part_leader_id")),
        sa.ForeignKeyConstraint(
            ["result_document_id"], ["document.id"], name=op.f("fk_task_part_result_document_id")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_part_task_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_task_part_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_part")),
        sa.UniqueConstraint("task_id", "unit_id", name=op.f("uq_task_part_task_id_unit_id")),
    )
    op.create_index(
        "ix_task_part_board",
        "task_part",
        ["unit_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('assigned', 'accepted')"),
    )
    op.create_index(
        "ix_task_part_directed",
        "task_part",
        ["leader_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('assigned', 'accepted')"),
    )
    op.create_index(
        "ix_task_part_unit_due",
        "task_part",
        ["unit_id", "due_at", "id"],
        unique=False,
        postgresql_include=["role", "state", "finished_at"],
    )
    op.create_index(
        "uq_task_part_lead", "task_part", ["task_id"], unique=True, postgresql_where=sa.text("role = 'lead'")
    )
    op.create_table(
        "task_report",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reported_by", sa.Uuid(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name=op.f("ck_task_report_percent")),
        sa.ForeignKeyConstraint(["part_id"], ["task_part.id"], name=op.f("fk_task_report_part_id")),
        sa.ForeignKeyConstraint(["reported_by"], ["person.id"], name=op.f("fk_task_report_reported_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_report")),
    )
    op.create_index(op.f("ix_task_report_part_id"), "task_report", ["part_id"], unique=False)
    op.execute(_ONLY_APPEND)

"""Circulating and issuing: receipts with states, manuscripts and dispatch, signatures, dossiers, retention, seals."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TAGS = """
tag IN ('absence:cancelled', 'absence:set', 'access:refused', 'approval:configured', 'comment:withdrawn',
'credential:added', 'credential:revoked', 'dispatch:acknowledged', 'dispatch:bounced',
'dispatch:link_revoked', 'dispatch:link_sent', 'dispatch:noted', 'dispatch:opened',
'dispatch:recall_confirmed', 'disposal:approved', 'disposal:carried_out', 'disposal:proposed',
'disposal:refused', 'document:acknowledged', 'document:amended', 'document:commented',
'document:corrected', 'document:destroyed', 'document:directed', 'document:dispatched',
'document:downloaded', 'document:exported', 'document:file_added', 'document:issued',
'document:permitted', 'document:read', 'document:recalled', 'document:registered', 'document:replaced',
'document:routed', 'document:submitted', 'document:trail_exported', 'document:voided', 'dossier:changed',
'dossier:closed', 'dossier:document_added', 'dossier:document_removed', 'dossier:exported',
'dossier:handed_over', 'dossier:noticed', 'dossier:opened', 'dossier:permitted', 'dossier:proposed',
'dossier:read', 'dossier:refused', 'dossier:reopened', 'dossier:returned', 'draft:added', 'draft:discarded', 'draft:read', 'draft:registered', 'file:held',
'file:locked', 'file:released', 'heading:changed', 'heading:listed', 'hold:placed', 'hold:released',
'kind:added', 'mail:set_aside', 'mail:settled', 'manuscript:begun', 'manuscript:changed',
'manuscript:checked_out', 'manuscript:commented', 'manuscript:passed', 'manuscript:read',
'manuscript:released', 'manuscript:sent_back', 'manuscript:signed', 'manuscript:submitted',
'manuscript:version_added', 'manuscript:withdrawn', 'meeting:answered', 'meeting:cancelled',
'meeting:changed', 'meeting:participant_added', 'meeting:participant_removed', 'meeting:scheduled',
'number:reserved', 'number:voided', 'person:added', 'person:changed', 'receipt:completed',
'receipt:forwarded', 'receipt:recalled', 'receipt:returned', 'register:changed', 'register:closed',
'register:opened', 'register:printed', 'retention:configured', 'role:given', 'role:taken',
'search:changed', 'search:dropped', 'search:kept', 'session:ended', 'session:refused', 'session:started',
'site:added', 'site:changed', 'task:accepted', 'task:completed', 'task:reported',
'task:returned', 'template:added', 'template:retired', 'token:issued', 'token:revoked', 'unit:added', 'unit:changed')
"""
_ROLES = """
role IN ('administrator', 'archivist', 'auditor', 'leader', 'meeting_organizer', 'registry_clerk',
'specialist', 'unit_head')
"""
# What was given before states were kept: information that was acknowledged is done with; of what a leader directed, the
# leader's own receipt was passed on, and each unit's stands where its parts stand.
_STATES = """
UPDATE receipt SET state = 'completed', handled_at = acknowledged_at, ended_at = acknowledged_at,
    ended_by = acknowledged_by
WHERE role = 'information' AND acknowledged_at IS NOT NULL;
UPDATE receipt AS given SET parent_id = asked.id
FROM receipt AS asked JOIN principal ON principal.no = asked.principal_no
WHERE given.role IN ('lead', 'coordinate') AND asked.role = 'direction' AND asked.document_id = given.document_id
  AND principal.person_id = given.sent_by AND asked.id <> given.id;
UPDATE receipt SET state = 'forwarded', handled_at = COALESCE(acknowledged_at, sent_at)
WHERE role = 'direction' AND EXISTS (SELECT FROM receipt AS below WHERE below.parent_id = receipt.id);
UPDATE receipt SET state = ended.state, handled_at = ended.at, ended_at = ended.at,
    end_note = CASE ended.state WHEN 'returned' THEN COALESCE(ended.reason, '') END
FROM (
    SELECT task.document_id, principal.no, part.role,
        CASE WHEN bool_or(part.state = 'completed') THEN 'completed' WHEN bool_or(part.state = 'returned')
             THEN 'returned' ELSE 'closed' END AS state,
        max(COALESCE(part.finished_at, part.returned_at)) AS at, max(part.return_reason) AS reason
    FROM task_part AS part JOIN task ON task.id = part.task_id JOIN principal ON principal.unit_id = part.unit_id
    GROUP BY task.document_id, principal.no, part.role
    HAVING bool_and(part.state IN ('completed', 'returned', 'closed'))
) AS ended
WHERE receipt.document_id = ended.document_id AND receipt.principal_no = ended.no AND receipt.role = ended.role;
UPDATE receipt SET state = 'completed', ended_at = below.at
FROM (
    SELECT parent_id, max(ended_at) AS at FROM receipt WHERE role = 'lead'
    GROUP BY parent_id HAVING bool_and(ended_at IS NOT NULL) AND bool_or(state = 'completed')
) AS below
WHERE receipt.id = below.parent_id AND receipt.state = 'forwarded';
"""
_URGENCY_RANK = "array_position(ARRAY['flash', 'very_urgent', 'urgent', 'normal'], urgency)"
# What the queues of the registry and of leaders are ordered by.
_QUEUES = f"""
UPDATE document SET passed_on_at = given.at
FROM (SELECT document_id, min(sent_at) AS at FROM receipt GROUP BY document_id) AS given
WHERE document.id = given.document_id AND document.direction = 'incoming';
UPDATE receipt SET urgency_rank = {_URGENCY_RANK} - 1
FROM document WHERE document.id = receipt.document_id AND receipt.role = 'direction' AND receipt.state = 'waiting'
  AND document.urgency <> 'normal';
"""  # noqa: S608  (constants)
_RECEIPT_CHECKS = {
    "ended": "(state IN ('waiting', 'forwarded')) = (ended_at IS NULL)",
    "reason": "state NOT IN ('returned', 'recalled') OR end_note IS NOT NULL",
    "information_not_returned": "state <> 'returned' OR role <> 'information'",
    "reply_required": "NOT reply_required OR state <> 'completed' OR reply_id IS NOT NULL",
    "not_its_own_parent": "parent_id <> id",
    "state": "state IN ('waiting', 'forwarded', 'completed', 'closed', 'returned', 'recalled')",
}
_PART_CHECKS = {
    "finished": "(state IN ('completed', 'closed', 'recalled')) = (finished_at IS NOT NULL)",
    "state": "state IN ('assigned', 'accepted', 'returned', 'completed', 'closed', 'recalled')",
}
_KEPT = """
CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_sealed_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_sealed_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

# What was issued never changes, whoever asks (domain 1.2): only whoever puts the triggers themselves aside gets past.
_KEPT_FACTS = {
    "document": (
        "id, unit_id, register_id, register_number, register_suffix, registered_at, registered_by, arrived_on, late_reason, source, "
        "kind_code, symbol, symbol_key, issued_on, issuer, issuer_key, issuer_unit_id, subject, language, page_count, "
        "copies, note, signer_name, signer_post, signer_key, signer_authority, recipients, copy_kept_by, urgency, due_on, "
        "secrecy, answers_id"
    ),
    "file": "id, object_key, filename, media_type, size, sha256, stored_at, stored_by",
    "register_entry": "register_id, number, suffix, taken_at, taken_by",
    "receipt": "id, document_id, principal_no, role, sent_by, sent_at",
    "dispatch": "id, document_id, position, role, channel, principal_no, name, sent_by, queued_at",
}


def _kept_facts(table: str) -> str:
    """That one of these columns would change."""
    names = _KEPT_FACTS[table].split(", ")
    old, new = (", ".join(f"{row}.{name}" for name in names) for row in ("OLD", "NEW"))
    return f"(({old}) IS DISTINCT FROM ({new}))"


_ISSUED = f"""
CREATE FUNCTION refuse_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: what was issued never changes, and nothing registered disappears', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', TABLE = TG_TABLE_NAME;
END $$;
CREATE FUNCTION refuse_file_of_issued() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    version document_file := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    owner record;
BEGIN
    SELECT direction, secrecy, xmin INTO owner FROM document WHERE id = version.document_id;
    IF owner.direction = 'incoming' THEN
        RETURN version;
    END IF;
    -- They are written with it: by the transaction of its row, and all by the same; a later one finds the first.
    IF TG_OP = 'INSERT' AND owner.secrecy = 0 AND NOT EXISTS (
        SELECT FROM document_file AS other WHERE other.document_id = version.document_id AND other.xmin <> owner.xmin
    ) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% of document_file is refused: what was issued never changes', TG_OP
        USING ERRCODE = 'insufficient_privilege', TABLE = TG_TABLE_NAME;
END $$;
CREATE FUNCTION refuse_to_delete_file_of_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM document_file JOIN document ON document.id = document_file.document_id
        WHERE document_file.file_id = OLD.id AND document.direction <> 'incoming'
    ) THEN
        RAISE EXCEPTION 'DELETE of file is refused: an issued document has it'
            USING ERRCODE = 'insufficient_privilege', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER document_never_changes BEFORE UPDATE ON document FOR EACH ROW
    WHEN (OLD.direction <> NEW.direction OR OLD.id <> NEW.id OR OLD.direction <> 'incoming' AND {_kept_facts("document")})
    EXECUTE FUNCTION refuse_issued();
CREATE TRIGGER document_file_written_with_it AFTER INSERT ON document_file
    FOR EACH ROW EXECUTE FUNCTION refuse_file_of_issued();
CREATE TRIGGER document_file_kept BEFORE DELETE ON document_file
    FOR EACH ROW EXECUTE FUNCTION refuse_file_of_issued();
CREATE TRIGGER document_file_never_changes BEFORE UPDATE ON document_file
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_issued();
CREATE TRIGGER file_never_changes BEFORE UPDATE ON file FOR EACH ROW
    WHEN {_kept_facts("file")} EXECUTE FUNCTION refuse_issued();
CREATE TRIGGER file_kept BEFORE DELETE ON file
    FOR EACH ROW EXECUTE FUNCTION refuse_to_delete_file_of_issued();
CREATE TRIGGER register_entry_never_changes BEFORE UPDATE ON register_entry FOR EACH ROW
    WHEN ({_kept_facts("register_entry")} OR OLD.voided_at IS NOT NULL) EXECUTE FUNCTION refuse_issued();
CREATE TRIGGER receipt_never_changes BEFORE UPDATE ON receipt FOR EACH ROW
    WHEN {_kept_facts("receipt")} EXECUTE FUNCTION refuse_issued();
CREATE TRIGGER dispatch_never_changes BEFORE UPDATE ON dispatch FOR EACH ROW
    WHEN {_kept_facts("dispatch")} EXECUTE FUNCTION refuse_issued();
CREATE TRIGGER succession_never_changes BEFORE UPDATE ON succession
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_issued();
"""  # noqa: S608  (constants)
_NOT_DELETED = ("document", "register_entry", "receipt", "succession", "dispatch", "dispatch_link")
_NOT_EMPTIED = (*_NOT_DELETED, "document_file", "file")
_HELD = """
CREATE FUNCTION keep_in_held_dossier() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM held_thing JOIN legal_hold ON legal_hold.id = held_thing.hold_id
        WHERE held_thing.dossier_id = OLD.dossier_id AND legal_hold.released_at IS NULL
    ) THEN
        RAISE EXCEPTION 'a document does not leave a dossier that is held'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'dossier_document_held';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER dossier_document_held BEFORE DELETE ON dossier_document
    FOR EACH ROW EXECUTE FUNCTION keep_in_held_dossier();
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "audit_seal",
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_count", sa.Integer(), nullable=False),
        sa.Column("previous_digest", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("no > 0 AND event_count > 0", name=op.f("ck_audit_seal_positive")),
        sa.CheckConstraint(
            "octet_length(digest) = 32 AND octet_length(previous_digest) = 32",
            name=op.f("ck_audit_seal_digests"),
        ),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_audit_seal")),
    )
    op.create_table(
        "absence",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("substitute_id", sa.Uuid(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_absence_period")),
        sa.CheckConstraint("substitute_id <> person_id", name=op.f("ck_absence_not_their_own_substitute")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_absence_person_id")),
        sa.ForeignKeyConstraint(["set_by"], ["person.id"], name=op.f("fk_absence_set_by")),
        sa.ForeignKeyConstraint(["substitute_id"], ["person.id"], name=op.f("fk_absence_substitute_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
        postgresql.ExcludeConstraint(
            (
                sa.text(
                    "int8range(uuid_hash_extended(person_id, 0), uuid_hash_extended(person_id, 0), '[]')"
                ),
                "&&",
            ),
            (sa.text("daterange(starts_on, ends_on)"), "&&"),
            name="ex_absence_person_twice",
            using="gist",
            where=sa.text("cancelled_at IS NULL"),
        ),
    )
    op.create_index(op.f("ix_absence_person_id"), "absence", ["person_id"], unique=False)
    op.create_index(op.f("ix_absence_substitute_id"), "absence", ["substitute_id"], unique=False)
    op.create_table(
        "audit_sealed_event",
        sa.Column("seal_no", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("octet_length(digest) = 32", name=op.f("ck_audit_sealed_event_digest")),
        sa.ForeignKeyConstraint(["seal_no"], ["audit_seal.no"], name=op.f("fk_audit_sealed_event_seal_no")),
        sa.PrimaryKeyConstraint("seal_no", "position", name=op.f("pk_audit_sealed_event")),
        sa.UniqueConstraint("event_id", name=op.f("uq_audit_sealed_event_event_id")),
    )
    op.create_table(
        "approval_rule",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("kind_code", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('content', 'form', 'approval')", name=op.f("ck_approval_rule_kind")),
        sa.CheckConstraint("place IN ('drafting', 'issuing', 'signer')", name=op.f("ck_approval_rule_place")),
        sa.CheckConstraint(
            "role IN ('administrator', 'archivist', 'auditor', 'leader', 'meeting_organizer', 'registry_clerk', 'specialist', 'unit_head')",
            name=op.f("ck_approval_rule_role"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(role, person_id) = CASE WHEN place = 'signer' THEN 0 ELSE 1 END",
            name=op.f("ck_approval_rule_role_or_person"),
        ),
        sa.ForeignKeyConstraint(
            ["kind_code"], ["document_kind.code"], name=op.f("fk_approval_rule_kind_code")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_approval_rule_person_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_approval_rule_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_rule")),
    )
    op.create_index(
        "ix_approval_rule_unit_id", "approval_rule", ["unit_id", "kind_code", "position"], unique=False
    )
    op.create_table(
        "disposal",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'proposed'"), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("carried_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "(state = 'carried_out') = (carried_out_at IS NOT NULL)", name=op.f("ck_disposal_carried_out")
        ),
        sa.CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name=op.f("ck_disposal_decided")),
        sa.CheckConstraint(
            "state IN ('proposed', 'refused', 'approved', 'carried_out')", name=op.f("ck_disposal_state")
        ),
        sa.CheckConstraint("decided_by <> proposed_by", name=op.f("ck_disposal_another_decides")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_disposal_decided_by")),
        sa.ForeignKeyConstraint(["proposed_by"], ["person.id"], name=op.f("fk_disposal_proposed_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_disposal_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposal")),
    )
    op.create_index(op.f("ix_disposal_unit_id"), "disposal", ["unit_id"], unique=False)
    op.create_table(
        "dossier_heading",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("retention", sa.Text(), nullable=False),
        sa.Column("keeper_id", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "retention IN ('permanent', 'years_70', 'years_50', 'years_30', 'years_20', 'years_10', 'years_5')",
            name=op.f("ck_dossier_heading_retention"),
        ),
        sa.CheckConstraint("year BETWEEN 1900 AND 2200", name=op.f("ck_dossier_heading_year")),
        sa.ForeignKeyConstraint(["keeper_id"], ["person.id"], name=op.f("fk_dossier_heading_keeper_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_dossier_heading_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_heading")),
        sa.UniqueConstraint("unit_id", "year", "code", name=op.f("uq_dossier_heading_unit_id_year_code")),
    )
    op.create_table(
        "file_signature",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("signer_name", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("certificate_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stamped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_intact", sa.Boolean(), nullable=False),
        sa.Column("covers_whole", sa.Boolean(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("trust", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.CheckConstraint(
            "change IN ('none', 'allowed', 'suspicious')", name=op.f("ck_file_signature_change")
        ),
        sa.CheckConstraint("kind IN ('signature', 'timestamp')", name=op.f("ck_file_signature_kind")),
        sa.CheckConstraint(
            "trust IN ('trusted', 'untrusted', 'expired', 'revoked', 'unknown')",
            name=op.f("ck_file_signature_trust"),
        ),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_file_signature_file_id")),
        sa.PrimaryKeyConstraint("file_id", "position", name=op.f("pk_file_signature")),
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("placed_by", sa.Uuid(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.Uuid(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("release_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "(released_at IS NULL) = (released_by IS NULL) AND (released_at IS NULL) = (release_reason IS NULL)",
            name=op.f("ck_legal_hold_released_with_reason"),
        ),
        sa.ForeignKeyConstraint(["placed_by"], ["person.id"], name=op.f("fk_legal_hold_placed_by")),
        sa.ForeignKeyConstraint(["released_by"], ["person.id"], name=op.f("fk_legal_hold_released_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_legal_hold_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_table(
        "letter_template",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("kind_code", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"], name=op.f("fk_letter_template_added_by")),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_letter_template_file_id")),
        sa.ForeignKeyConstraint(
            ["kind_code"], ["document_kind.code"], name=op.f("fk_letter_template_kind_code")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_letter_template_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_template")),
        sa.UniqueConstraint("file_id", name=op.f("uq_letter_template_file_id")),
        sa.UniqueConstraint(
            "unit_id", "title", "added_at", name=op.f("uq_letter_template_unit_id_title_added_at")
        ),
    )
    op.create_table(
        "retention_rule",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("kind_code", sa.Text(), nullable=True),
        sa.Column("retention", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "retention IN ('permanent', 'years_70', 'years_50', 'years_30', 'years_20', 'years_10', 'years_5')",
            name=op.f("ck_retention_rule_retention"),
        ),
        sa.ForeignKeyConstraint(
            ["kind_code"], ["document_kind.code"], name=op.f("fk_retention_rule_kind_code")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_retention_rule_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rule")),
    )
    op.create_index(
        "uq_retention_rule",
        "retention_rule",
        ["unit_id", "kind_code"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "signature_check",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("signature_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trust_sha256", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'checked', 'failed')", name=op.f("ck_signature_check_state")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_signature_check_file_id")),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_signature_check")),
    )
    op.create_index(
        "ix_signature_check_waiting",
        "signature_check",
        ["file_id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "credential",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("principal_no", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("container", sa.LargeBinary(), nullable=True),
        sa.Column("token_label", sa.Text(), nullable=True),
        sa.Column("key_label", sa.Text(), nullable=True),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=True),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "(kind = 'pkcs12' AND container IS NOT NULL AND token_label IS NULL AND key_label IS NULL) OR (kind = 'pkcs11' AND container IS NULL AND token_label IS NOT NULL AND key_label IS NOT NULL)",
            name=op.f("ck_credential_where_the_key_is"),
        ),
        sa.CheckConstraint("kind IN ('pkcs12', 'pkcs11')", name=op.f("ck_credential_kind")),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"], name=op.f("fk_credential_added_by")),
        sa.ForeignKeyConstraint(["principal_no"], ["principal.no"], name=op.f("fk_credential_principal_no")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
    )
    op.create_index(op.f("ix_credential_principal_no"), "credential", ["principal_no"], unique=False)
    op.create_table(
        "dossier",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("heading_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("found_by", sa.Text(), nullable=False),
        sa.Column("retention", sa.Text(), nullable=False),
        sa.Column("access", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("keeper_id", sa.Uuid(), nullable=False),
        sa.Column("named", postgresql.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("readers", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("hand_over_by", sa.Date(), nullable=True),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("document_total", sa.Integer(), nullable=True),
        sa.Column("page_total", sa.Integer(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("handed_over_on", sa.Date(), nullable=True),
        sa.Column("handed_over_by", sa.Uuid(), nullable=True),
        sa.Column("received_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "(state = 'handed_over') = (handed_over_on IS NOT NULL)", name=op.f("ck_dossier_handed_over")
        ),
        sa.CheckConstraint(
            "(proposed_at IS NULL) = (proposed_by IS NULL) AND (proposed_at IS NULL OR state = 'closed')",
            name=op.f("ck_dossier_proposed"),
        ),
        sa.CheckConstraint(
            "(state = 'open') = (document_total IS NULL) AND (state = 'open') = (page_total IS NULL)",
            name=op.f("ck_dossier_totals"),
        ),
        sa.CheckConstraint("(state = 'open') = (closed_on IS NULL)", name=op.f("ck_dossier_closed")),
        sa.CheckConstraint("access IN ('open', 'conditional', 'secret')", name=op.f("ck_dossier_access")),
        sa.CheckConstraint(
            "retention IN ('permanent', 'years_70', 'years_50', 'years_30', 'years_20', 'years_10', 'years_5')",
            name=op.f("ck_dossier_retention"),
        ),
        sa.CheckConstraint("state IN ('open', 'closed', 'handed_over')", name=op.f("ck_dossier_state")),
        sa.ForeignKeyConstraint(["handed_over_by"], ["person.id"], name=op.f("fk_dossier_handed_over_by")),
        sa.ForeignKeyConstraint(["heading_id"], ["dossier_heading.id"], name=op.f("fk_dossier_heading_id")),
        sa.ForeignKeyConstraint(["keeper_id"], ["person.id"], name=op.f("fk_dossier_keeper_id")),
        sa.ForeignKeyConstraint(["opened_by"], ["person.id"], name=op.f("fk_dossier_opened_by")),
        sa.ForeignKeyConstraint(["proposed_by"], ["person.id"], name=op.f("fk_dossier_proposed_by")),
        sa.ForeignKeyConstraint(["received_by"], ["person.id"], name=op.f("fk_dossier_received_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_dossier_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier")),
        sa.UniqueConstraint("unit_id", "year", "code", name=op.f("uq_dossier_unit_id_year_code")),
    )
    op.create_index(
        "ix_dossier_hand_over_by",
        "dossier",
        ["hand_over_by"],
        unique=False,
        postgresql_where=sa.text("state = 'closed'"),
    )
    op.create_index(
        "ix_dossier_in_the_archive",
        "dossier",
        ["unit_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'handed_over' OR proposed_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_dossier_heading_id"), "dossier", ["heading_id"], unique=False)
    op.create_index(op.f("ix_dossier_keeper_id"), "dossier", ["keeper_id"], unique=False)
    op.create_index("ix_dossier_readers", "dossier", ["readers"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_dossier_unit_id"), "dossier", ["unit_id"], unique=False)
    op.create_table(
        "acquaintance",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_acquaintance_document_id")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_acquaintance_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acquaintance")),
    )
    op.create_index(op.f("ix_acquaintance_document_id"), "acquaintance", ["document_id"], unique=False)
    op.create_table(
        "disposal_item",
        sa.Column("disposal_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("retention", sa.Text(), nullable=False),
        sa.Column("kept_until", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("kept_back", sa.Text(), nullable=True),
        sa.Column("kept_back_note", sa.Text(), nullable=True),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "files", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.CheckConstraint(
            "retention IN ('permanent', 'years_70', 'years_50', 'years_30', 'years_20', 'years_10', 'years_5')",
            name=op.f("ck_disposal_item_retention"),
        ),
        sa.CheckConstraint(
            "kept_back IS NULL OR destroyed_at IS NULL", name=op.f("ck_disposal_item_kept_or_destroyed")
        ),
        sa.CheckConstraint(
            "kept_back <> 'taken_out' OR kept_back_note <> ''",
            name=op.f("ck_disposal_item_taken_out_with_reason"),
        ),
        sa.ForeignKeyConstraint(["disposal_id"], ["disposal.id"], name=op.f("fk_disposal_item_disposal_id")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_disposal_item_document_id")),
        sa.PrimaryKeyConstraint("disposal_id", "document_id", name=op.f("pk_disposal_item")),
    )
    op.create_index("ix_disposal_item_document_id", "disposal_item", ["document_id"], unique=False)
    op.create_table(
        "document_comment",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("char_length(body) BETWEEN 1 AND 5000", name=op.f("ck_document_comment_body")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_document_comment_author_id")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_document_comment_document_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_document_comment_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_comment")),
    )
    op.create_index(
        "ix_document_comment_document_id", "document_comment", ["document_id", "id"], unique=False
    )
    op.create_table(
        "document_reading",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("times > 0", name=op.f("ck_document_reading_times")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_document_reading_document_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_document_reading_person_id")),
        sa.PrimaryKeyConstraint("document_id", "person_id", name=op.f("pk_document_reading")),
    )
    op.create_table(
        "dossier_document",
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ordinal > 0", name=op.f("ck_dossier_document_ordinal")),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"], name=op.f("fk_dossier_document_added_by")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_dossier_document_document_id")
        ),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_dossier_document_dossier_id")),
        sa.PrimaryKeyConstraint("dossier_id", "document_id", name=op.f("pk_dossier_document")),
        sa.UniqueConstraint("dossier_id", "ordinal", name=op.f("uq_dossier_document_dossier_id_ordinal")),
    )
    op.create_index("ix_dossier_document_document_id", "dossier_document", ["document_id"], unique=False)
    op.create_table(
        "held_thing",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("dossier_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(document_id IS NULL) <> (dossier_id IS NULL)", name=op.f("ck_held_thing_one_thing")
        ),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_held_thing_document_id")),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_held_thing_dossier_id")),
        sa.ForeignKeyConstraint(["hold_id"], ["legal_hold.id"], name=op.f("fk_held_thing_hold_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_thing")),
    )
    op.create_index(op.f("ix_held_thing_document_id"), "held_thing", ["document_id"], unique=False)
    op.create_index(op.f("ix_held_thing_dossier_id"), "held_thing", ["dossier_id"], unique=False)
    op.create_index(op.f("ix_held_thing_hold_id"), "held_thing", ["hold_id"], unique=False)
    op.create_table(
        "succession",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('corrects', 'replaces', 'recalls')", name=op.f("ck_succession_kind")),
        sa.CheckConstraint("document_id <> target_id", name=op.f("ck_succession_not_itself")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_succession_document_id")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_succession_made_by")),
        sa.ForeignKeyConstraint(["target_id"], ["document.id"], name=op.f("fk_succession_target_id")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_succession")),
    )
    op.create_index(op.f("ix_succession_target_id"), "succession", ["target_id"], unique=False)
    op.create_index(
        "uq_succession_ended",
        "succession",
        ["target_id", "kind"],
        unique=True,
        postgresql_where=sa.text("kind <> 'corrects'"),
    )
    op.create_table(
        "dispatch",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("principal_no", sa.Integer(), nullable=True),
        sa.Column("receipt_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("letter_effect", sa.Text(), nullable=True),
        sa.Column("sent_by", sa.Uuid(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bounce_reason", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("recall_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recall_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recall_confirmed_by", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "(channel = 'house') = (principal_no IS NOT NULL)", name=op.f("ck_dispatch_house")
        ),
        sa.CheckConstraint(
            "channel IN ('house', 'mail_file', 'mail_link', 'paper')", name=op.f("ck_dispatch_channel")
        ),
        sa.CheckConstraint(
            "channel NOT IN ('mail_file', 'mail_link') OR email IS NOT NULL", name=op.f("ck_dispatch_address")
        ),
        sa.CheckConstraint("role IN ('act', 'know', 'file')", name=op.f("ck_dispatch_role")),
        sa.CheckConstraint(
            "recall_confirmed_at IS NULL OR (recall_asked_at IS NOT NULL AND recall_confirmed_by IS NOT NULL)",
            name=op.f("ck_dispatch_recall"),
        ),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_dispatch_document_id")),
        sa.ForeignKeyConstraint(["principal_no"], ["principal.no"], name=op.f("fk_dispatch_principal_no")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_dispatch_receipt_id")),
        sa.ForeignKeyConstraint(["sent_by"], ["person.id"], name=op.f("fk_dispatch_sent_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch")),
        sa.UniqueConstraint("document_id", "position", name=op.f("uq_dispatch_document_id_position")),
        sa.UniqueConstraint("letter_effect", name=op.f("uq_dispatch_letter_effect")),
    )
    op.create_table(
        "manuscript",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("issuing_unit_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.Text(), server_default=sa.text("'outgoing'"), nullable=False),
        sa.Column("kind_code", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("place", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("language", sa.Text(), server_default=sa.text("'vi'"), nullable=False),
        sa.Column("urgency", sa.Text(), server_default=sa.text("'normal'"), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("signer_id", sa.Uuid(), nullable=True),
        sa.Column("signer_post", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("signer_authority", sa.Text(), nullable=True),
        sa.Column("copy_kept_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=True),
        sa.Column("answers_id", sa.Uuid(), nullable=True),
        sa.Column("answers_receipt_id", sa.Uuid(), nullable=True),
        sa.Column("succession", sa.Text(), nullable=True),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("whole_unit", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "collaborators", postgresql.ARRAY(sa.Integer()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("readers", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("seats", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'drafting'"), nullable=False),
        sa.Column("round", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.Uuid(), nullable=True),
        sa.Column("signed_on_paper", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdraw_reason", sa.Text(), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "(state = 'issued') = (document_id IS NOT NULL)", name=op.f("ck_manuscript_issued")
        ),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdraw_reason IS NOT NULL)", name=op.f("ck_manuscript_withdrawn")
        ),
        sa.CheckConstraint(
            "(state IN ('issued', 'withdrawn')) = (closed_at IS NOT NULL)", name=op.f("ck_manuscript_closed")
        ),
        sa.CheckConstraint("direction <> 'incoming'", name=op.f("ck_manuscript_not_incoming")),
        sa.CheckConstraint(
            "direction IN ('incoming', 'outgoing', 'internal')", name=op.f("ck_manuscript_direction")
        ),
        sa.CheckConstraint(
            "signer_authority IN ('TM.', 'KT.', 'TL.', 'TUQ.', 'Q.')",
            name=op.f("ck_manuscript_signer_authority"),
        ),
        sa.CheckConstraint(
            "state IN ('drafting', 'in_review', 'approved', 'signed', 'issued', 'withdrawn')",
            name=op.f("ck_manuscript_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('signed', 'issued') OR signed_at IS NOT NULL", name=op.f("ck_manuscript_signed")
        ),
        sa.CheckConstraint(
            "succession IN ('corrects', 'replaces', 'recalls')", name=op.f("ck_manuscript_succession")
        ),
        sa.CheckConstraint(
            "urgency IN ('normal', 'urgent', 'very_urgent', 'flash')", name=op.f("ck_manuscript_urgency")
        ),
        sa.CheckConstraint(
            "(succession IS NULL) = (target_id IS NULL)", name=op.f("ck_manuscript_succession_of_something")
        ),
        sa.CheckConstraint(
            "char_length(subject) BETWEEN 1 AND 500", name=op.f("ck_manuscript_subject_length")
        ),
        sa.ForeignKeyConstraint(["answers_id"], ["document.id"], name=op.f("fk_manuscript_answers_id")),
        sa.ForeignKeyConstraint(
            ["answers_receipt_id"], ["receipt.id"], name=op.f("fk_manuscript_answers_receipt_id")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_manuscript_author_id")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_manuscript_document_id")),
        sa.ForeignKeyConstraint(["issuing_unit_id"], ["unit.id"], name=op.f("fk_manuscript_issuing_unit_id")),
        sa.ForeignKeyConstraint(["kind_code"], ["document_kind.code"], name=op.f("fk_manuscript_kind_code")),
        sa.ForeignKeyConstraint(["signed_by"], ["person.id"], name=op.f("fk_manuscript_signed_by")),
        sa.ForeignKeyConstraint(["signer_id"], ["person.id"], name=op.f("fk_manuscript_signer_id")),
        sa.ForeignKeyConstraint(["target_id"], ["document.id"], name=op.f("fk_manuscript_target_id")),
        sa.ForeignKeyConstraint(
            ["template_id"], ["letter_template.id"], name=op.f("fk_manuscript_template_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_manuscript_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manuscript")),
        sa.UniqueConstraint("document_id", name=op.f("uq_manuscript_document_id")),
    )
    op.create_index(op.f("ix_manuscript_answers_id"), "manuscript", ["answers_id"], unique=False)
    op.create_index(op.f("ix_manuscript_author_id"), "manuscript", ["author_id"], unique=False)
    op.create_index(op.f("ix_manuscript_issuing_unit_id"), "manuscript", ["issuing_unit_id"], unique=False)
    op.create_index("ix_manuscript_readers", "manuscript", ["readers"], unique=False, postgresql_using="gin")
    op.create_index("ix_manuscript_seats", "manuscript", ["seats"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_manuscript_target_id"), "manuscript", ["target_id"], unique=False)
    op.create_index(op.f("ix_manuscript_unit_id"), "manuscript", ["unit_id"], unique=False)
    op.create_table(
        "dispatch_link",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("expires_at > made_at", name=op.f("ck_dispatch_link_expiry")),
        sa.ForeignKeyConstraint(["dispatch_id"], ["dispatch.id"], name=op.f("fk_dispatch_link_dispatch_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_dispatch_link")),
    )
    op.create_index(op.f("ix_dispatch_link_dispatch_id"), "dispatch_link", ["dispatch_id"], unique=False)
    op.create_table(
        "manuscript_recipient",
        sa.Column("manuscript_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("principal_no", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("by_link", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("role IN ('act', 'know', 'file')", name=op.f("ck_manuscript_recipient_role")),
        sa.CheckConstraint(
            "principal_no IS NULL OR email IS NULL", name=op.f("ck_manuscript_recipient_inside_or_outside")
        ),
        sa.ForeignKeyConstraint(
            ["manuscript_id"], ["manuscript.id"], name=op.f("fk_manuscript_recipient_manuscript_id")
        ),
        sa.ForeignKeyConstraint(
            ["principal_no"], ["principal.no"], name=op.f("fk_manuscript_recipient_principal_no")
        ),
        sa.PrimaryKeyConstraint("manuscript_id", "position", name=op.f("pk_manuscript_recipient")),
    )
    op.create_table(
        "manuscript_step",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("manuscript_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "checklist",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "(state IN ('passed', 'sent_back')) = (decided_at IS NOT NULL)",
            name=op.f("ck_manuscript_step_decided"),
        ),
        sa.CheckConstraint("kind IN ('content', 'form', 'approval')", name=op.f("ck_manuscript_step_kind")),
        sa.CheckConstraint(
            "role IN ('administrator', 'archivist', 'auditor', 'leader', 'meeting_organizer', 'registry_clerk', 'specialist', 'unit_head')",
            name=op.f("ck_manuscript_step_role"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'passed', 'sent_back', 'dropped')", name=op.f("ck_manuscript_step_state")
        ),
        sa.CheckConstraint(
            "(role IS NULL) <> (person_id IS NULL)", name=op.f("ck_manuscript_step_role_or_person")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_manuscript_step_decided_by")),
        sa.ForeignKeyConstraint(
            ["manuscript_id"], ["manuscript.id"], name=op.f("fk_manuscript_step_manuscript_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_manuscript_step_person_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_manuscript_step_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manuscript_step")),
    )
    op.create_index(
        "ix_manuscript_step_manuscript_id",
        "manuscript_step",
        ["manuscript_id", "round", "position"],
        unique=False,
    )
    op.create_index(
        "ix_manuscript_step_waiting",
        "manuscript_step",
        ["unit_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "manuscript_version",
        sa.Column("manuscript_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("base_number", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("layout", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint(
            "origin IN ('uploaded', 'template', 'signed')", name=op.f("ck_manuscript_version_origin")
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_manuscript_version_number")),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_manuscript_version_file_id")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_manuscript_version_made_by")),
        sa.ForeignKeyConstraint(
            ["manuscript_id"], ["manuscript.id"], name=op.f("fk_manuscript_version_manuscript_id")
        ),
        sa.PrimaryKeyConstraint("manuscript_id", "number", name=op.f("pk_manuscript_version")),
        sa.UniqueConstraint("file_id", name=op.f("uq_manuscript_version_file_id")),
    )
    op.create_table(
        "working_copy",
        sa.Column("manuscript_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("expires_at > taken_at", name=op.f("ck_working_copy_expiry")),
        sa.ForeignKeyConstraint(
            ["manuscript_id"], ["manuscript.id"], name=op.f("fk_working_copy_manuscript_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_working_copy_person_id")),
        sa.PrimaryKeyConstraint("manuscript_id", name=op.f("pk_working_copy")),
    )
    op.create_table(
        "manuscript_comment",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("manuscript_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("char_length(body) BETWEEN 1 AND 5000", name=op.f("ck_manuscript_comment_body")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_manuscript_comment_author_id")),
        sa.ForeignKeyConstraint(
            ["manuscript_id", "number"],
            ["manuscript_version.manuscript_id", "manuscript_version.number"],
            name="fk_manuscript_comment_version",
        ),
        sa.ForeignKeyConstraint(
            ["manuscript_id"], ["manuscript.id"], name=op.f("fk_manuscript_comment_manuscript_id")
        ),
        sa.ForeignKeyConstraint(["settled_by"], ["person.id"], name=op.f("fk_manuscript_comment_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manuscript_comment")),
    )
    op.create_index(
        "ix_manuscript_comment_manuscript_id", "manuscript_comment", ["manuscript_id", "id"], unique=False
    )
    op.add_column("document", sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("document", sa.Column("permitted", postgresql.ARRAY(sa.Integer()), nullable=True))
    op.add_column("document", sa.Column("passed_on_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("file", sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("file", sa.Column("is_held", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("file", sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("file", sa.Column("destroyed_by", sa.Uuid(), nullable=True))
    op.create_check_constraint(
        op.f("ck_file_destroyed"), "file", "(destroyed_at IS NULL) = (destroyed_by IS NULL)"
    )
    op.add_column("receipt", sa.Column("parent_id", sa.Uuid(), nullable=True))
    op.add_column(
        "receipt", sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False)
    )
    op.add_column(
        "receipt", sa.Column("urgency_rank", sa.SmallInteger(), server_default=sa.text("3"), nullable=False)
    )
    op.add_column("receipt", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "receipt", sa.Column("reply_required", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("receipt", sa.Column("reply_id", sa.Uuid(), nullable=True))
    op.add_column("receipt", sa.Column("acquaintance_id", sa.Uuid(), nullable=True))
    op.add_column("receipt", sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("receipt", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("receipt", sa.Column("ended_by", sa.Uuid(), nullable=True))
    op.add_column("receipt", sa.Column("end_note", sa.Text(), nullable=True))
    op.add_column("receipt", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.drop_constraint(op.f("uq_receipt_document_id_principal_no_role"), "receipt", type_="unique")
    op.drop_index(
        op.f("ix_receipt_waiting"), table_name="receipt", postgresql_where="(acknowledged_at IS NULL)"
    )
    op.create_index(
        "ix_receipt_waiting",
        "receipt",
        ["principal_no", "role", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_receipt_direction",
        "receipt",
        ["principal_no", "urgency_rank", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting' AND role = 'direction'"),
    )
    op.create_index(op.f("ix_receipt_acquaintance_id"), "receipt", ["acquaintance_id"], unique=False)
    op.create_index(op.f("ix_receipt_document_id"), "receipt", ["document_id"], unique=False)
    op.create_index(op.f("ix_receipt_parent_id"), "receipt", ["parent_id"], unique=False)
    op.create_index(op.f("ix_receipt_reply_id"), "receipt", ["reply_id"], unique=False)
    op.create_index(
        "uq_receipt_open",
        "receipt",
        ["document_id", "principal_no", "role"],
        unique=True,
        postgresql_where=sa.text("state IN ('waiting', 'forwarded')"),
    )
    op.create_foreign_key(op.f("fk_receipt_ended_by"), "receipt", "person", ["ended_by"], ["id"])
    op.create_foreign_key(op.f("fk_receipt_reply_id"), "receipt", "document", ["reply_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_receipt_acquaintance_id"), "receipt", "acquaintance", ["acquaintance_id"], ["id"]
    )
    op.create_foreign_key(op.f("fk_receipt_parent_id"), "receipt", "receipt", ["parent_id"], ["id"])
    op.execute(_STATES)
    op.execute(_QUEUES)
    op.create_index(
        "ix_document_to_pass_on",
        "document",
        ["unit_id", sa.text(_URGENCY_RANK), "registered_at", "id"],
        unique=False,
        postgresql_where=sa.text("direction = 'incoming' AND passed_on_at IS NULL AND voided_at IS NULL"),
    )
    for check in (
        "ended",
        "reason",
        "information_not_returned",
        "reply_required",
        "not_its_own_parent",
        "state",
    ):
        op.create_check_constraint(op.f(f"ck_receipt_{check}"), "receipt", _RECEIPT_CHECKS[check])
    for check, words in _PART_CHECKS.items():
        op.drop_constraint(op.f(f"ck_task_part_{check}"), "task_part", type_="check")
        op.create_check_constraint(op.f(f"ck_task_part_{check}"), "task_part", words)
    for table, column, words in (("audit_event", "tag", _TAGS), ("role_held", "role", _ROLES)):
        op.drop_constraint(op.f(f"ck_{table}_{column}"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, " ".join(words.split()))
    op.execute(_KEPT)
    op.execute(_HELD)
    op.execute(_ISSUED)
    for table in _NOT_DELETED:
        op.execute(
            f"CREATE TRIGGER {table}_not_deleted BEFORE DELETE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_issued()"
        )
    for table in _NOT_EMPTIED:
        op.execute(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_issued()"
        )

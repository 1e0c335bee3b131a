"""Facts of accounts that can go wrong."""

from docflow.core.errors import Conflict, Invalid, NotSignedIn, TooMany


class SignInRefused(NotSignedIn):
    """User name and password do not belong together; which of the two is wrong is not said."""

    code = "sign_in_refused"


class SignInBlocked(TooMany):
    """Too many failed sign-ins; ``retry_after`` seconds to wait."""

    code = "sign_in_blocked"


class UsernameTaken(Conflict):
    """Somebody has this user name."""

    code = "username_taken"


class UnitCodeTaken(Conflict):
    """Some unit has this code."""

    code = "unit_code_taken"


class RoleAlreadyHeld(Conflict):
    """The person holds this role in this unit from this day."""

    code = "role_already_held"


class UnitEnded(Invalid):
    """The unit is no more."""

    code = "unit_ended"


class PersonIsLastAdministrator(Conflict):
    """Taking this away would leave nobody to administer."""

    code = "person_is_last_administrator"


CONSTRAINTS = {
    "uq_person_username": UsernameTaken,
    "uq_unit_code": UnitCodeTaken,
    "uq_role_held_person_id_unit_id_role_valid_from": RoleAlreadyHeld,
}

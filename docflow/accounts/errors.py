"""Facts of accounts that can go wrong."""

from docflow.core.errors import Conflict, NotSignedIn, TooMany


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


class UnitKindCodeTaken(Conflict):
    """There is a kind of unit with this code."""

    code = "unit_kind_code_taken"


class UnitEnded(Conflict):
    """The unit is no more."""

    code = "unit_ended"


class UnitsBelowLastLonger(Conflict):
    """Units below would outlive the one that is to end; ``units`` names the first of them."""

    code = "units_below_last_longer"


class RoleAlreadyHeld(Conflict):
    """The person holds this role in this unit in these days."""

    code = "role_already_held"


class PersonIsLastAdministrator(Conflict):
    """Taking this away would leave nobody to administer."""

    code = "person_is_last_administrator"


class PersonAlreadyAway(Conflict):
    """The person is away on some of these days already, from ``starts_on`` until before ``ends_on``."""

    code = "person_already_away"


class SubstituteAway(Conflict):
    """Whoever is to stand in, ``name``, is away from ``starts_on`` until before ``ends_on``."""

    code = "substitute_away"


class AbsenceOver(Conflict):
    """The absence has ended or was cancelled."""

    code = "absence_over"


CONSTRAINTS = {
    "ex_absence_person_twice": PersonAlreadyAway,
    "pk_unit_kind": UnitKindCodeTaken,
    "uq_person_username": UsernameTaken,
    "uq_unit_code": UnitCodeTaken,
    "uq_role_held_person_id_unit_id_role_valid_from": RoleAlreadyHeld,
}

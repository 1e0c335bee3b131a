"""Facts of tasks that can go wrong."""

from docflow.core.errors import Conflict, DocflowError, Invalid


class PartNotAccepted(Conflict):
    """A unit reports and completes only what it has accepted."""

    code = "part_not_accepted"


class PartAlreadyAccepted(Conflict):
    """The unit has accepted its part before."""

    code = "part_already_accepted"


class PartReturned(Conflict):
    """The unit gave its part back, which is final: it takes a new direction to involve it again."""

    code = "part_returned"


class PartCompleted(Conflict):
    """The part is done; nothing follows."""

    code = "part_completed"


class PartClosed(Conflict):
    """The lead completed the task, and the coordinator's part with it."""

    code = "part_closed"


class PartRecalled(Conflict):
    """Whoever gave the unit the document took it back, and the part with it."""

    code = "part_recalled"


class UnitTwiceInTask(Invalid):
    """A unit has one part in a task, as its lead or as a coordinator."""

    code = "unit_twice_in_task"


CONSTRAINTS: dict[str, type[DocflowError]] = {
    "uq_task_part_task_id_unit_id": UnitTwiceInTask,
    "uq_task_part_lead": UnitTwiceInTask,
}

"""The words of mails: jinja2 templates of each capability, in Vietnamese and English.

A mail ``<name>`` is three files per language: ``<name>.<language>.subject.txt``, ``.txt`` and ``.html``. They
lie in ``templates/mail/`` of the capability that sends them and are named with it: ``meetings/invitation``.
"""

from collections.abc import Mapping
from datetime import date, datetime

from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined, select_autoescape

from docflow.core.clock import LOCAL_ZONE
from docflow.notifications.mail import MailText, one_line

FOLDER = "templates/mail"


class MailTemplates:
    """The templates of the packages given: ``{"meetings": "docflow.meetings", …}``, prefix to package.

    ``notifications`` is always there: it holds the frame that the others extend.
    """

    def __init__(self, packages: Mapping[str, str]) -> None:
        places = {"notifications": "docflow.notifications", **packages}
        self._environment = Environment(
            loader=PrefixLoader({prefix: PackageLoader(name, FOLDER) for prefix, name in places.items()}),
            autoescape=select_autoescape(
                enabled_extensions=("html",), default_for_string=True, default=False
            ),
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters["when"] = when

    def render(self, name: str, language: str, **facts: object) -> MailText:
        """One mail's words. Each template names its facts in its first lines; None where nothing is known.

        Raises jinja2.UndefinedError for a fact that is missing and jinja2.TemplateNotFound for a mail or
        language that there is none of.
        """
        said = {**facts, "language": str(language)}
        stem = f"{name}.{language}"
        return MailText(
            subject=one_line(self._environment.get_template(f"{stem}.subject.txt").render(said)),
            text=self._environment.get_template(f"{stem}.txt").render(said),
            html=self._environment.get_template(f"{stem}.html").render(said),
        )


def when(moment: date | datetime) -> str:
    """``dd/MM/yyyy`` of a date, ``dd/MM/yyyy HH:mm`` of an aware datetime, as the province's clocks show it."""
    if not isinstance(moment, datetime):
        return moment.strftime("%d/%m/%Y")
    if moment.tzinfo is None:
        raise ValueError("a moment in a mail needs a time zone")
    return moment.astimezone(LOCAL_ZONE).strftime("%d/%m/%Y %H:%M")

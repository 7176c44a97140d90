"""Retention: for how long exchanges and Activity are kept."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange, ValidationError

from dashboard.domain.activity import ActivityKind
from dashboard.domain.retention import RetentionRules
from dashboard.domain.sentences import say
from dashboard.domain.users import Role
from dashboard.store.company import ChangedMeanwhile
from dashboard.web.access import requires
from dashboard.web.forms import PageForm, VersionField
from dashboard.web.language import gettext as _
from dashboard.web.language import lazy_gettext
from dashboard.web.note import note
from dashboard.web.services import services

blueprint = Blueprint("retention", __name__)

_LONGEST: Final = 36_500
# A person who was on holiday is still to find what happened meanwhile.
_SHORTEST: Final = 7


def _long_enough(form: PageForm, field: IntegerField) -> None:
    """Check that nothing vanishes before somebody could look at it."""
    del form
    if field.data is not None and 0 < field.data < _SHORTEST:
        raise ValidationError(_("Keep them for a week at least, or 0 for ever."))


def _days(label: str) -> IntegerField:
    limits = NumberRange(min=0, max=_LONGEST)
    return IntegerField(label, [InputRequired(), limits, _long_enough])


class RetentionForm(PageForm):
    """How many days things are kept."""

    version = VersionField()
    exchange_days = _days(lazy_gettext("Calls that went well, days"))
    failure_days = _days(lazy_gettext("Calls that failed, days"))
    activity_days = _days(lazy_gettext("Activity, days"))

    def validate_failure_days(self, field: IntegerField) -> None:
        """Check that failures are not forgotten before the rest."""
        well, failed = self.exchange_days.data or 0, field.data or 0
        if failed and (not well or failed < well):
            raise ValidationError(
                _("Keep failures at least as long as what went well.")
            )

    @property
    def rules(self) -> RetentionRules:
        """The rules that were entered."""
        return RetentionRules(
            exchange_days=self.exchange_days.data or 0,
            failure_days=self.failure_days.data or 0,
            activity_days=self.activity_days.data or 0,
        )


@blueprint.get("/settings/retention")
@requires(Role.WATCHER)
def show() -> ResponseReturnValue:
    """Show for how long things are kept."""
    kept = services().retention.kept()
    form = RetentionForm(
        None,
        version=kept.version,
        exchange_days=kept.rules.exchange_days,
        failure_days=kept.rules.failure_days,
        activity_days=kept.rules.activity_days,
    )
    return _page(form)


@blueprint.post("/settings/retention")
@requires(Role.MANAGER)
def save() -> ResponseReturnValue:
    """Save for how long things are kept; nothing is removed by that."""
    entered = RetentionForm()
    if not entered.validate():
        return _page(entered), 422
    try:
        version = entered.version.number
        services().retention.save(entered.rules, expected_version=version)
    except ChangedMeanwhile:
        flash(
            _("Somebody else saved this meanwhile. These are theirs; look again."),
            "bad",
        )
        return redirect(url_for("retention.show"))
    note(ActivityKind.SETTINGS, "changed", say("for how long things are kept"))
    flash(_("Saved."), "good")
    return redirect(url_for("retention.show"))


def _page(form: RetentionForm) -> str:
    return render_template(
        "settings/retention.html",
        form=form,
        oldest_at=services().retention.oldest_exchange_at(),
    )

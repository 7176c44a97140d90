"""The forms of the Notifications page: when people are told, and how."""

from __future__ import annotations

from collections.abc import Iterable
from email.headerregistry import Address
from typing import Final
from zoneinfo import available_timezones

from typing_extensions import override
from wtforms import (
    BooleanField,
    IntegerField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import (
    InputRequired,
    Length,
    NumberRange,
    Optional,
    ValidationError,
)
from wtforms.widgets import CheckboxInput, ListWidget

from dashboard.domain.alarms import AlarmKind, AlarmRules
from dashboard.domain.notices import (
    Channel,
    ChannelKind,
    Encryption,
    MailServer,
    Receiver,
)
from dashboard.languages.catalogues import LANGUAGES
from dashboard.web.forms import PageForm, VersionField, labelled
from dashboard.web.language import gettext
from dashboard.web.language import lazy_gettext as _
from dashboard.web.words import ALARMS

_HOURS: Final = [("", "-"), *((str(hour), f"{hour:02}:00") for hour in range(24))]
_KEPT: Final = {"autocomplete": "new-password"}


class AlarmRulesForm(PageForm):
    """When people are told."""

    version = VersionField()
    floor_minutes = IntegerField(
        _("Shortest silence, minutes"),
        [InputRequired(), NumberRange(min=5, max=10_080)],
    )
    ceiling_hours = IntegerField(
        _("Longest silence, hours"),
        [Optional(), NumberRange(min=1, max=2_000)],
    )
    paused_minutes = IntegerField(
        _("Pause of the books, minutes"),
        [InputRequired(), NumberRange(min=1, max=10_080)],
    )
    problem_minutes = IntegerField(
        _("Waiting problem, minutes"),
        [InputRequired(), NumberRange(min=0, max=10_080)],
    )
    batch_minutes = IntegerField(
        _("Collect for, minutes"),
        [InputRequired(), NumberRange(min=1, max=120)],
    )
    timezone = StringField(_("Time zone of your shops"), [Optional(), Length(max=60)])
    quiet_from = SelectField(_("Quiet from"), choices=labelled(*_HOURS))
    quiet_until = SelectField(_("Quiet until"), choices=labelled(*_HOURS))

    @classmethod
    def of(cls, rules: AlarmRules, version: int) -> AlarmRulesForm:
        """Return the form filled in with what is set now."""
        return cls(
            None,
            version=version,
            floor_minutes=rules.floor_minutes,
            ceiling_hours=rules.ceiling_hours,
            paused_minutes=rules.paused_minutes,
            problem_minutes=rules.problem_minutes,
            batch_minutes=rules.batch_minutes,
            timezone=rules.timezone,
            quiet_from=_hour_text(rules.quiet_from),
            quiet_until=_hour_text(rules.quiet_until),
        )

    def validate_timezone(self, field: StringField) -> None:
        """Want a time zone that exists, or none."""
        if field.data and field.data not in available_timezones():
            raise ValidationError(gettext("There is no such time zone."))

    def validate_quiet_until(self, field: SelectField) -> None:
        """Want both ends of the quiet hours, or neither."""
        if bool(field.data) != bool(self.quiet_from.data):
            raise ValidationError(gettext("Choose both hours, or neither."))
        if field.data and field.data == self.quiet_from.data:
            raise ValidationError(gettext("That would be the whole day."))

    def rules(self) -> AlarmRules:
        """Return what the form says."""
        return AlarmRules(
            floor_minutes=self.floor_minutes.data or 0,
            ceiling_hours=self.ceiling_hours.data,
            paused_minutes=self.paused_minutes.data or 0,
            problem_minutes=self.problem_minutes.data or 0,
            batch_minutes=self.batch_minutes.data or 0,
            timezone=(self.timezone.data or "").strip(),
            quiet_from=_hour(self.quiet_from.data),
            quiet_until=_hour(self.quiet_until.data),
        )


class ChannelForm(PageForm):
    """What all channels have."""

    version = VersionField()
    name = StringField(_("Name"), [InputRequired(), Length(max=60)])
    kinds = SelectMultipleField(
        _("Tell of"),
        [InputRequired(_("Choose at least one."))],
        choices=labelled(*((kind.value, ALARMS[kind].label) for kind in AlarmKind)),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    language = SelectField(
        _("Language"),
        choices=labelled(("", _("As in the books' country")), *LANGUAGES.items()),
    )
    active = BooleanField(_("In use"))

    def fill_from(self, channel: Channel) -> None:
        """Fill in what is set now; secrets are never shown again."""
        self.version.data = str(channel.version)
        self.name.data = channel.name
        self.kinds.data = [kind.value for kind in channel.kinds]
        self.language.data = channel.language
        self.active.data = channel.active

    def chosen(self) -> tuple[AlarmKind, ...]:
        """Return the alarms the channel wants."""
        ticked = self.kinds.data or []
        return tuple(kind for kind in AlarmKind if kind.value in ticked)

    def channel(self, known: Channel | None, kind: ChannelKind) -> Channel:
        """Return the channel the form says; what is left empty stays as it was."""
        raise NotImplementedError


class MailForm(ChannelForm):
    """E-mail by the company's own mail server."""

    recipients = StringField(
        _("Recipients"),
        [InputRequired(), Length(max=1000)],
        render_kw={"inputmode": "email"},
    )
    sender = StringField(_("Sender"), [InputRequired(), Length(max=200)])
    host = StringField(_("Mail server"), [InputRequired(), Length(max=253)])
    port = IntegerField(
        _("Port"), [InputRequired(), NumberRange(min=1, max=65_535)], default=587
    )
    encryption = SelectField(
        _("Encryption"),
        choices=labelled(
            (Encryption.STARTTLS.value, _("STARTTLS (port 587)")),
            (Encryption.TLS.value, _("TLS (port 465)")),
            (Encryption.NONE.value, _("None (own network)")),
        ),
    )
    user = StringField(
        _("User name"), [Optional(), Length(max=200)], render_kw={"autocomplete": "off"}
    )
    password = PasswordField(
        _("Password"), [Optional(), Length(max=500)], render_kw=_KEPT
    )

    def validate_recipients(self, field: StringField) -> None:
        """Want addresses, separated by commas."""
        for address in _addresses(field.data) or [""]:
            _check_address(address)

    def validate_sender(self, field: StringField) -> None:
        """Want one address."""
        _check_address((field.data or "").strip())

    def validate_user(self, field: StringField) -> None:
        """Never send a password that everybody on the way can read."""
        if field.data and self.encryption.data == Encryption.NONE.value:
            raise ValidationError(
                gettext("A password needs STARTTLS or TLS: anybody could read it.")
            )

    @override
    def fill_from(self, channel: Channel) -> None:
        super().fill_from(channel)
        if channel.mail is not None:
            self.recipients.data = ", ".join(channel.mail.recipients)
            self.sender.data = channel.mail.sender
            self.host.data = channel.mail.host
            self.port.data = channel.mail.port
            self.encryption.data = channel.mail.encryption.value
            self.user.data = channel.mail.user

    @override
    def channel(self, known: Channel | None, kind: ChannelKind) -> Channel:
        user = (self.user.data or "").strip()
        host = (self.host.data or "").strip()
        # Another server is not told the password of the one before.
        old = known.mail if known is not None else None
        kept = old.password if old is not None and old.host == host else ""
        return Channel(
            id=known.id if known is not None else 0,
            name=(self.name.data or "").strip(),
            kind=kind,
            kinds=self.chosen(),
            language=self.language.data or "",
            active=bool(self.active.data),
            mail=MailServer(
                host=host,
                port=self.port.data or 0,
                encryption=Encryption(self.encryption.data),
                user=user,
                password=(self.password.data or kept) if user else "",
                sender=(self.sender.data or "").strip(),
                recipients=tuple(_addresses(self.recipients.data)),
            ),
        )


class WebhookForm(ChannelForm):
    """A webhook; its address is as secret as a password."""

    url = PasswordField(
        _("Address"),
        [Optional(), Length(max=2000)],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    secret = PasswordField(
        _("Secret it is signed with"), [Optional(), Length(max=200)], render_kw=_KEPT
    )

    @override
    def channel(self, known: Channel | None, kind: ChannelKind) -> Channel:
        kept = known.receiver if known is not None else None
        return Channel(
            id=known.id if known is not None else 0,
            name=(self.name.data or "").strip(),
            kind=kind,
            kinds=self.chosen(),
            language=self.language.data or "",
            active=bool(self.active.data),
            receiver=Receiver(
                url=(self.url.data or "").strip() or (kept.url if kept else ""),
                secret=self.secret.data or (kept.secret if kept else ""),
            ),
        )


def channel_form(kind: ChannelKind) -> MailForm | WebhookForm:
    """Return the form of a channel of *kind*, filled in with what was sent, if any."""
    return MailForm() if kind is ChannelKind.EMAIL else WebhookForm()


def _addresses(text: str | None) -> list[str]:
    parts: Iterable[str] = (text or "").replace(";", ",").split(",")
    return [part.strip() for part in parts if part.strip()]


def _check_address(text: str) -> None:
    try:
        good = bool(Address(addr_spec=text).domain)
    except ValueError:
        good = False
    if not good:
        raise ValidationError(gettext("This is no e-mail address: %(it)s", it=text))


def _hour(text: str | None) -> int | None:
    return int(text) if text else None


def _hour_text(hour: int | None) -> str:
    return "" if hour is None else str(hour)

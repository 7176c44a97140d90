"""Orders from a file: its columns, what taking it in would do, and doing that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePath
from typing import Final

from flask import (
    Blueprint,
    Flask,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from dashboard.domain.activity import ActivityKind
from dashboard.domain.rules import Shop
from dashboard.domain.sentences import say
from dashboard.domain.uploads import Standing
from dashboard.domain.users import Role
from dashboard.shops.csv_upload.columns import Column
from dashboard.shops.csv_upload.reading import as_json, from_json
from dashboard.shops.csv_upload.table import NotATable, Table, read_table
from dashboard.store.uploads import TakenUpload, Upload
from dashboard.sync.upload import MOST_BYTES, Preview
from dashboard.web.access import requires, signed_in
from dashboard.web.download import csv_download
from dashboard.web.language import gettext, ngettext, said_of
from dashboard.web.note import note
from dashboard.web.services import services
from dashboard.web.upload_forms import (
    EntryWrong,
    FileForm,
    entered_reading,
    reading_form,
)
from dashboard.web.upload_lists import (
    COMPUTED,
    STANDINGS,
    asked_for,
    outcomes_of,
    part_of,
)
from dashboard.web.upload_words import COLUMN_GROUPS, COLUMNS

blueprint = Blueprint("uploads", __name__)

# More than a file may have: one that is a little too large is told so on the page.
_MOST_SENT: Final = 2 * MOST_BYTES
_SAMPLES: Final = 3
_SHOWN_ERRORS: Final = 100


def allow_files(app: Flask) -> None:
    """Let a file be larger than other forms; to be called before forms are read."""

    @app.before_request
    def allow() -> None:
        if request.endpoint == f"{blueprint.name}.receive":
            request.max_content_length = _MOST_SENT


@dataclass(frozen=True, kw_only=True)
class FileColumn:
    """A column of the file, some of what stands in it, and what it stands for."""

    name: str
    samples: tuple[str, ...]
    stands_for: Column | None


@blueprint.get("/settings/shops/<slug>/upload")
@requires(Role.MANAGER)
def choose(slug: str) -> ResponseReturnValue:
    """Ask for the file."""
    return _ask(_shop(slug), FileForm(formdata=None))


@blueprint.post("/settings/shops/<slug>/upload")
@requires(Role.MANAGER)
def receive(slug: str) -> ResponseReturnValue:
    """Keep the file and go on to what it would do."""
    shop, entered, uploads = _shop(slug), FileForm(), services().uploads
    if not entered.validate():
        return _ask(shop, entered), 422
    body = entered.file.data.read(MOST_BYTES + 1)
    name = PurePath(entered.file.data.filename or "").name[:200]
    try:
        reading = uploads.likely_reading(shop, body)
    except NotATable as error:
        entered.file.errors = [said_of(error)]
        return _ask(shop, entered), 422
    upload_id = uploads.store.add(shop, name, body, as_json(reading), signed_in().name)
    return redirect(url_for("uploads.show", upload_id=upload_id))


@blueprint.get("/uploads/<row_id:upload_id>")
@requires(Role.MANAGER)
def show(upload_id: int) -> ResponseReturnValue:
    """Show what taking the file in would do, or did."""
    taken = services().uploads.store.taken(upload_id)
    if taken is not None:
        return _show_taken(taken)
    upload = _upload(upload_id)
    try:
        preview = _preview(upload)
    except NotATable as error:
        return _ask(upload.shop, FileForm(formdata=None), said_of(error)), 422
    wrong = [error for one in preview.orders for error in one.read.errors]
    outcomes = outcomes_of(preview)
    asked = request.args.get("of", "")
    chosen = asked_for(preview, outcomes, asked)
    whole = [one for one in preview.orders if one.read.order]
    return render_template(
        "uploads/show.html",
        upload=upload,
        preview=preview,
        form=reading_form(preview.reading),
        columns=_columns(preview),
        groups=_choices(),
        missing=[COLUMNS[column] for column in preview.reading.missing()],
        counts={standing: len(preview.of(standing)) for standing in Standing},
        standings=STANDINGS,
        outcomes=outcomes,
        computed=len(asked_for(preview, outcomes, COMPUTED) or ()),
        wrong=wrong[:_SHOWN_ERRORS],
        error_count=len(wrong),
        part=part_of(whole if chosen is None else chosen, asked, upload_id),
        narrowed=chosen is not None,
        version=_version(upload),
    )


@blueprint.get("/uploads/<row_id:upload_id>/errors.csv")
@requires(Role.MANAGER)
def errors(upload_id: int) -> ResponseReturnValue:
    """Send all that is wrong as a file."""
    upload = _upload(upload_id)
    preview = _preview(upload)
    header = (gettext("Line"), gettext("Order"), gettext("Column"), gettext("Problem"))
    rows = (
        (error.line, one.read.number, error.column, error.message)
        for one in preview.orders
        for error in one.read.errors
    )
    return csv_download("upload-errors", header, rows)


@blueprint.post("/uploads/<row_id:upload_id>/columns")
@requires(Role.MANAGER)
def read_anew(upload_id: int) -> ResponseReturnValue:
    """Read the file with what its columns stand for now."""
    upload = _upload(upload_id)
    header = read_table(upload.body).header
    try:
        reading = entered_reading(header)
    except EntryWrong as error:
        flash(said_of(error), "bad")
        return redirect(url_for("uploads.show", upload_id=upload_id))
    services().uploads.store.change_reading(upload_id, as_json(reading))
    return redirect(url_for("uploads.show", upload_id=upload_id))


@blueprint.post("/uploads/<row_id:upload_id>/take")
@requires(Role.MANAGER)
def take(upload_id: int) -> ResponseReturnValue:
    """Take the orders in as they were shown."""
    upload = _upload(upload_id)
    if request.form.get("version") != _version(upload):
        flash(gettext("It is read otherwise meanwhile: look at it again."), "bad")
        return redirect(url_for("uploads.show", upload_id=upload_id))
    done = services().uploads.take_in(upload.shop, _preview(upload))
    services().uploads.store.finish(upload_id, done.orders)
    detail = say(
        "%(news)s new or changed, %(known)s known, %(wrong)s wrong",
        news=done.news,
        known=done.known,
        wrong=done.wrong,
    )
    subject = f"{upload.name} ({upload.shop.slug})"
    note(ActivityKind.UPLOAD, "uploaded", subject, subject_id=upload_id, detail=detail)
    text = ngettext(
        "%(num)s order is taken in; %(known)s were known already, %(wrong)s are wrong.",
        "%(num)s orders are taken in; %(known)s were known already, "
        "%(wrong)s are wrong.",
        done.news,
        known=done.known,
        wrong=done.wrong,
    )
    flash(text, "good")
    return redirect(url_for("uploads.show", upload_id=upload_id))


@blueprint.post("/uploads/<row_id:upload_id>/discard")
@requires(Role.MANAGER)
def discard(upload_id: int) -> ResponseReturnValue:
    """Throw the file away."""
    upload = _upload(upload_id)
    services().uploads.store.discard(upload_id)
    flash(gettext("The file is thrown away. Nothing of it was taken in."), "good")
    return redirect(url_for("shops.show", slug=upload.shop.slug))


def _show_taken(upload: TakenUpload) -> str:
    """Show what became of each order of a file that is taken in."""
    every = upload.orders or ()
    asked = request.args.get("of", "")
    held = {word: [one for one in every if one.standing is word] for word in Standing}
    chosen = held[Standing(asked)] if asked in set(Standing) else None
    return render_template(
        "uploads/taken.html",
        upload=upload,
        counts={word: len(orders) for word, orders in held.items()},
        standings=STANDINGS,
        part=part_of(every if chosen is None else chosen, asked, upload.id),
        narrowed=chosen is not None,
    )


def _ask(shop: Shop, form: FileForm, problem: str = "") -> str:
    return render_template(
        "uploads/choose.html",
        shop=shop,
        form=form,
        problem=problem,
        columns=COLUMN_GROUPS,
        names=COLUMNS,
    )


def _columns(preview: Preview) -> tuple[FileColumn, ...]:
    stands_for = {name: column for column, name in preview.reading.columns.items()}
    return tuple(
        FileColumn(
            name=name,
            samples=tuple(_samples(preview.table, name)),
            stands_for=stands_for.get(name),
        )
        for name in preview.table.header
    )


def _samples(table: Table, name: str) -> Iterator[str]:
    different = dict.fromkeys(value for value in table.values(name))
    for value, _unused in zip(different, range(_SAMPLES), strict=False):
        yield value


def _choices() -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (str(group), [(column.value, str(COLUMNS[column])) for column in columns])
        for group, columns in COLUMN_GROUPS
    ]


def _version(upload: Upload) -> str:
    """Return what tells whether it is that file still, read as it was shown."""
    told = repr((upload.uploaded_at, sorted(upload.reading.items())))
    return sha256(told.encode()).hexdigest()[:16]


def _preview(upload: Upload) -> Preview:
    stores = services()
    zone = stores.watch.zone()
    reading = from_json(upload.reading)
    return stores.uploads.foresee(upload.shop, upload.body, reading, zone)


def _upload(upload_id: int) -> Upload:
    found = services().uploads.store.find(upload_id)
    if found is None:
        abort(404)
    return found


def _shop(slug: str) -> Shop:
    found = services().company.shop(slug) if slug.isprintable() else None
    if found is None or found.kind != services().uploads.kind:
        abort(404)
    return found

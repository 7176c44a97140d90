"""Rules for writing contacts."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import datetime

from mock_accounting.ledger.books import Books
from mock_accounting.ledger.errors import NoSuchDocument, Refused
from mock_accounting.ledger.inputs import ContactInput
from mock_accounting.ledger.model import Contact, RecordStatus

ARCHIVED_MESSAGE = (
    "The specified contact details matched an archived contact. "
    "Archived contacts cannot currently be edited via the API."
)
UNIDENTIFIED_MESSAGE = (
    "The Contact must contain at least 1 of the following elements to identify "
    "the contact: Name, ContactID, ContactNumber"
)
UNKNOWN_MESSAGE = "The contact with the specified contact details could not be found"
_MAX_NAME = 255
_MAX_NUMBER = 50
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def create_contact(books: Books, wanted: ContactInput) -> Contact:
    """Write a new contact.

    Raises:
        Refused: If a rule is broken or its name or number is in use.
    """
    contact = new_contact(books, wanted)
    books.put(contact)
    return contact


def save_contact(books: Books, wanted: ContactInput) -> Contact:
    """Update the contact that is meant, or write a new one.

    Raises:
        Refused: If a rule is broken, or the contact is archived.
    """
    existing = find_contact(books, wanted)
    if existing is None and wanted.contact_id:
        raise Refused(UNKNOWN_MESSAGE)
    if existing is None:
        return create_contact(books, wanted)
    contact = changed_contact(books, existing, wanted)
    books.put(contact)
    return contact


def archive_contact(books: Books, contact_id: str) -> Contact:
    """Archive a contact; nothing is booked on it from now on."""
    contact = replace(
        books.contact(contact_id),
        status=RecordStatus.ARCHIVED,
        updated_at=books.clock.now(),
    )
    books.put(contact)
    return contact


def restore_contact(books: Books, contact_id: str) -> Contact:
    """Take a contact back from the archive, as a person does in the pages."""
    contact = replace(
        books.contact(contact_id),
        status=RecordStatus.ACTIVE,
        updated_at=books.clock.now(),
    )
    books.put(contact)
    return contact


def find_contact(books: Books, wanted: ContactInput) -> Contact | None:
    """The contact that is meant: by id, then number, then name.

    Raises:
        Refused: If nothing in *wanted* says which contact is meant.
    """
    if wanted.contact_id:
        return books.contacts.get(wanted.contact_id)
    if not wanted.contact_number and not wanted.name:
        raise Refused(UNIDENTIFIED_MESSAGE)
    if wanted.contact_number:
        found = books.contact_numbered(wanted.contact_number)
        if found is not None:
            return found
    return books.contact_named(wanted.name) if wanted.name else None


def new_contact(books: Books, wanted: ContactInput) -> Contact:
    """The contact that *wanted* would become; writes nothing.

    Raises:
        Refused: If a rule is broken or its name or number is in use.
    """
    if not wanted.name:
        raise Refused("The Contact Name must be specified.")
    contact = _merged(
        Contact(
            contact_id=books.ids.next(), name=wanted.name, updated_at=books.clock.now()
        ),
        wanted,
        books.clock.now(),
    )
    _check(books, contact)
    return contact


def changed_contact(books: Books, existing: Contact, wanted: ContactInput) -> Contact:
    """*existing* with what *wanted* gives; writes nothing.

    Raises:
        Refused: If a rule is broken, or the contact is archived.
    """
    if existing.status is RecordStatus.ARCHIVED:
        raise Refused(ARCHIVED_MESSAGE)
    contact = _merged(existing, wanted, books.clock.now())
    _check(books, contact)
    return contact


def is_bare_reference(wanted: ContactInput) -> bool:
    """Whether *wanted* only says which contact is meant."""
    return wanted in (
        ContactInput(contact_id=wanted.contact_id),
        ContactInput(contact_number=wanted.contact_number),
        ContactInput(name=wanted.name),
    )


def contact_for_invoice(books: Books, wanted: ContactInput) -> tuple[Contact, bool]:
    """The contact an invoice is for, and whether it must be written too.

    Fields sent beside the contact's id change the master record and drop its
    contact persons, as the real package does.

    Raises:
        Refused: If there is no such contact, it is archived, or a rule is broken.
    """
    existing = find_contact(books, wanted)
    if existing is None and wanted.contact_id:
        raise Refused(UNKNOWN_MESSAGE)
    if existing is None:
        return new_contact(books, wanted), True
    if existing.status is RecordStatus.ARCHIVED:
        raise Refused(ARCHIVED_MESSAGE)
    if is_bare_reference(wanted):
        return existing, False
    changed = changed_contact(books, existing, wanted)
    if wanted.persons is None:
        changed = replace(changed, persons=())
    return changed, True


def require_contact(books: Books, identifier: str) -> Contact:
    """The contact with this id or contact number.

    Raises:
        NoSuchDocument: If there is none.
    """
    contact = books.contacts.get(identifier) or books.contact_numbered(identifier)
    if contact is None:
        raise NoSuchDocument
    return contact


def _merged(existing: Contact, wanted: ContactInput, now: datetime) -> Contact:
    given = {
        field.name: value
        for field in fields(wanted)
        if field.name != "contact_id"
        and (value := getattr(wanted, field.name)) is not None
    }
    return replace(existing, **given, updated_at=now)


def _check(books: Books, contact: Contact) -> None:
    problems = [*_form_problems(contact), *_uniqueness_problems(books, contact)]
    if problems:
        raise Refused(*problems)


def _form_problems(contact: Contact) -> list[str]:
    problems = []
    if not contact.name or len(contact.name) > _MAX_NAME:
        problems.append("The Contact Name must be between 1 and 255 characters long.")
    if "<" in contact.name or ">" in contact.name:
        problems.append("The Contact Name cannot contain the characters < or >.")
    if contact.name != " ".join(contact.name.split()):
        problems.append(
            "The Contact Name cannot have leading, trailing or double spaces."
        )
    for field, value in (
        ("ContactNumber", contact.contact_number),
        ("AccountNumber", contact.account_number),
    ):
        if value and len(value) > _MAX_NUMBER:
            problems.append(f"The {field} cannot be longer than 50 characters.")
    if contact.email_address and not _EMAIL.fullmatch(contact.email_address):
        problems.append("Email address must be valid.")
    return problems


def _uniqueness_problems(books: Books, contact: Contact) -> list[str]:
    problems = []
    holder = books.contact_named(contact.name)
    if holder is not None and holder.contact_id != contact.contact_id:
        archived = holder.status is RecordStatus.ARCHIVED
        problems.append(
            ARCHIVED_MESSAGE
            if archived
            else f"The contact name {contact.name} is already assigned to another "
            "contact. The contact name must be unique across all active contacts."
        )
    for field, value, find in (
        ("number", contact.contact_number, books.contact_numbered),
        ("account number", contact.account_number, books.contact_with_account_number),
    ):
        holder = find(value) if value else None
        if holder is not None and holder.contact_id != contact.contact_id:
            problems.append(
                f"The contact {field} {value} is already assigned to another "
                f"contact. The contact {field} must be unique across all contacts."
            )
    return problems

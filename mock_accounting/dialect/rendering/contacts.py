"""Contacts, whole, in brief and as sent."""

from __future__ import annotations

from collections.abc import Sequence

from mock_accounting.dialect.dates import ms_moment
from mock_accounting.dialect.jsontext import JsonObject, JsonValue, encoded
from mock_accounting.dialect.rendering.fields import add_set
from mock_accounting.ledger.ids import NIL_ID
from mock_accounting.ledger.inputs import ContactInput
from mock_accounting.ledger.model import Address, Contact, ContactPerson, Phone

_ADDRESS_TYPES = ("STREET", "POBOX")
_PHONE_TYPES = ("DDI", "DEFAULT", "FAX", "MOBILE")


def show_contact(subject: Contact) -> JsonObject:
    """A contact with everything known of it."""
    content = summarise_contact(subject)
    content |= {
        "FirstName": subject.first_name,
        "LastName": subject.last_name,
        "EmailAddress": subject.email_address,
        "BankAccountDetails": "",
        "CompanyNumber": subject.company_number,
        "TaxNumber": subject.tax_number,
        "Addresses": _addresses(subject.addresses),
        "Phones": _phones(subject.phones),
        "ContactPersons": [_person(person) for person in subject.persons],
        "ContactGroups": [],
        "IsSupplier": False,
        "IsCustomer": subject.is_customer,
        "UpdatedDateUTC": ms_moment(subject.updated_at),
        "HasAttachments": False,
    }
    add_set(content, DefaultCurrency=subject.default_currency)
    return content


def summarise_contact(subject: Contact) -> JsonObject:
    """A contact as documents name it."""
    content: JsonObject = {
        "ContactID": subject.contact_id,
        "Name": subject.name,
        "ContactStatus": subject.status.value,
    }
    add_set(
        content,
        ContactNumber=subject.contact_number,
        AccountNumber=subject.account_number,
    )
    return content


def echo_contact(sent: ContactInput) -> JsonObject:
    """A refused contact, as it was sent."""
    content: JsonObject = {"ContactID": sent.contact_id or NIL_ID}
    add_set(
        content,
        Name=sent.name,
        ContactNumber=sent.contact_number,
        AccountNumber=sent.account_number,
        FirstName=sent.first_name,
        LastName=sent.last_name,
        EmailAddress=sent.email_address,
    )
    content["Addresses"] = _addresses(sent.addresses or ())
    content["Phones"] = _phones(sent.phones or ())
    return content


def _addresses(subjects: Sequence[Address]) -> JsonValue:
    by_type: dict[str, JsonValue] = {
        address.type: _address(address) for address in subjects
    }
    return [by_type.get(kind, _NO_ADDRESS[kind]) for kind in _ADDRESS_TYPES]


def _person(subject: ContactPerson) -> JsonObject:
    return {
        "FirstName": subject.first_name,
        "LastName": subject.last_name,
        "EmailAddress": subject.email_address,
        "IncludeInEmails": subject.include_in_emails,
    }


def _address(subject: Address) -> JsonObject:
    content: JsonObject = {
        "AddressType": subject.type,
        "City": subject.city,
        "Region": subject.region,
        "PostalCode": subject.postal_code,
        "Country": subject.country,
    }
    for name, value in (
        ("AddressLine1", subject.line_1),
        ("AddressLine2", subject.line_2),
        ("AddressLine3", subject.line_3),
        ("AddressLine4", subject.line_4),
        ("AttentionTo", subject.attention_to),
    ):
        if value:
            content[name] = value
    return content


def _phones(subjects: Sequence[Phone]) -> JsonValue:
    by_type: dict[str, JsonValue] = {it.type: _phone(it) for it in subjects}
    return [by_type.get(kind, _NO_PHONE[kind]) for kind in _PHONE_TYPES]


def _phone(subject: Phone) -> JsonObject:
    return {
        "PhoneType": subject.type,
        "PhoneNumber": subject.number,
        "PhoneAreaCode": subject.area_code,
        "PhoneCountryCode": subject.country_code,
    }


# Most contacts have none, and every answer with a contact shows them all.
_NO_ADDRESS = {kind: encoded(_address(Address(type=kind))) for kind in _ADDRESS_TYPES}
_NO_PHONE = {kind: encoded(_phone(Phone(type=kind))) for kind in _PHONE_TYPES}

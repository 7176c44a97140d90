"""What a column of the file can stand for, and what its name says of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final


class Column(StrEnum):
    """A field of an order or of a line; the value names it on the command line."""

    ORDER = "order"
    ORDERED_ON = "ordered-on"
    STATUS = "status"
    CURRENCY = "currency"
    TOTAL = "total"
    PAID_ON = "paid-on"
    PAID_AMOUNT = "paid-amount"
    PAYMENT_METHOD = "payment-method"
    PAYMENT_REFERENCE = "payment-reference"
    CUSTOMER = "customer"
    NAME = "name"
    FIRST_NAME = "first-name"
    LAST_NAME = "last-name"
    COMPANY = "company"
    EMAIL = "email"
    PHONE = "phone"
    VAT_NUMBER = "vat-number"
    STREET = "street"
    POSTCODE = "postcode"
    CITY = "city"
    REGION = "region"
    COUNTRY = "country"
    NOTE = "note"
    DESCRIPTION = "description"
    SKU = "sku"
    KIND = "kind"
    QUANTITY = "quantity"
    NET = "net"
    GROSS = "gross"
    UNIT_NET = "unit-net"
    UNIT_GROSS = "unit-gross"
    TAX_RATE = "tax-rate"
    TAX_AMOUNT = "tax-amount"
    SHIPPING_NET = "shipping-net"
    SHIPPING_GROSS = "shipping-gross"
    SHIPPING_TAX_RATE = "shipping-tax-rate"
    SHIPPING_TAX_AMOUNT = "shipping-tax-amount"


# Names as exports write them, in English, Dutch and German, without signs and spaces.
_NAMES: Final[Mapping[Column, str]] = {
    Column.ORDER: "order orderid ordernumber orderno ordernr number "
    "ordernummer bestelnummer bestellnummer bestellnr bestellung "
    "bonnummer bonnr belegnummer belegnr",
    Column.ORDERED_ON: "orderedon orderedat orderdate date createdat datecreated "
    "datum orderdatum besteldatum bestelldatum",
    Column.STATUS: "status orderstatus",
    Column.CURRENCY: "currency currencycode valuta munt waehrung währung",
    Column.TOTAL: "total ordertotal totalincltax grandtotal totaal totaalbedrag "
    "tebetalen "
    "gesamt gesamtbetrag gesamtsumme summe",
    Column.PAID_ON: "paidon paidat datepaid paymentdate betaaldop betaaldatum "
    "bezahltam zahlungsdatum",
    Column.PAID_AMOUNT: "paidamount amountpaid paid betaald bezahlt",
    Column.PAYMENT_METHOD: "paymentmethod paymentmethodtitle betaalmethode "
    "betaalwijze zahlungsart zahlungsmethode",
    Column.PAYMENT_REFERENCE: "paymentreference transactionid transaction "
    "transactienummer transaktionsnummer transaktionsid",
    Column.CUSTOMER: "customerid customernumber klantnummer kundennummer",
    Column.NAME: "name customer customername billingname naam klant klantnaam "
    "kunde kundenname",
    Column.FIRST_NAME: "firstname billingfirstname voornaam vorname",
    Column.LAST_NAME: "lastname billinglastname achternaam nachname",
    Column.COMPANY: "company companyname billingcompany bedrijf bedrijfsnaam firma",
    Column.EMAIL: "email emailaddress billingemail emailadres mail",
    Column.PHONE: "phone billingphone telefoon telefoonnummer telefon",
    Column.VAT_NUMBER: "vatnumber vatid vatno btwnummer ustid ustidnr umsatzsteuerid",
    Column.STREET: "street address address1 line1 billingaddress1 billingstreet "
    "straat adres strasse straße adresse",
    Column.POSTCODE: "postcode zip zipcode billingzip billingpostcode postalcode plz "
    "postleitzahl",
    Column.CITY: "city billingcity plaats woonplaats stad ort stadt",
    Column.REGION: "region state province billingstate billingprovince provincie "
    "bundesland",
    Column.COUNTRY: "country countrycode billingcountry land landcode",
    Column.NOTE: "note notes customernote opmerking opmerkingen bemerkung notiz",
    Column.DESCRIPTION: "description product productname item itemname lineitemname "
    "omschrijving artikel produkt beschreibung bezeichnung artikelname",
    Column.SKU: "sku lineitemsku articlenumber artikelnummer artikelnr",
    Column.KIND: "kind linetype type soort art",
    Column.QUANTITY: "quantity qty lineitemquantity aantal menge anzahl",
    Column.NET: "net netamount lineexcltax linetotalexcltax netto nettobedrag "
    "nettobetrag bedragexclbtw totaalexclbtw",
    Column.GROSS: "gross grossamount lineincltax linetotalincltax linetotal bruto "
    "brutto bruttobetrag bedraginclbtw totaalinclbtw regeltotaal",
    Column.UNIT_NET: "unitprice unitnet priceexcltax prijsexclbtw nettopreis "
    "prijsexcl preisexkl",
    Column.UNIT_GROSS: "price unitgross lineitemprice priceincltax prijs prijsinclbtw "
    "prijsincl preisinkl "
    "stukprijs preis bruttopreis einzelpreis",
    Column.TAX_RATE: "taxrate vatrate tax% vat% vat btw% btwpercentage btwtarief "
    "mwst% ust% mwstsatz ustsatz steuersatz",
    Column.TAX_AMOUNT: "tax taxamount vatamount linetax btw btwbedrag mwst ust "
    "mwstbetrag ustbetrag steuerbetrag",
    Column.SHIPPING_NET: "shippingnet shippingexcltax verzendkostenexclbtw "
    "versandkostennetto",
    Column.SHIPPING_GROSS: "shipping shippinggross shippingincltax shippingtotal "
    "verzendkosten verzendkosteninclbtw versand versandkosten versandkostenbrutto",
    Column.SHIPPING_TAX_RATE: "shippingtaxrate shippingvat% verzendkostenbtw% "
    "versandmwst%",
    Column.SHIPPING_TAX_AMOUNT: "shippingtax shippingtaxamount verzendkostenbtw "
    "versandmwst",
}


def guess_columns(header: Sequence[str]) -> dict[Column, str]:
    """Return what columns stand for as far as their names tell; the first counts."""
    plain = [(_plain(name), name) for name in header]
    guessed: dict[Column, str] = {}
    for column, names in _NAMES.items():
        known = {column.value.replace("-", ""), *names.split()}
        named = [name for simple, name in plain if simple in known]
        if named:
            guessed[column] = named[0]
    return guessed


def _plain(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum() or c == "%")

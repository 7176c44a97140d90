"""Countries as tax law sees them: one's own, the European Union, the world."""

from __future__ import annotations

from typing import Final

# Stand in a tax rule instead of a country; neither is one in ISO 3166-1.
EU: Final = "EU"  # another country of the European Union
OUTSIDE_EU: Final = "WORLD"  # a country abroad that is not in it

# The members of the VAT area; Monaco is treated as France, Northern Ireland (XI) as a
# member for goods. https://eur-lex.europa.eu/eli/dir/2006/112
EU_COUNTRIES: Final = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR"),
        *("HU", "IE", "IT", "LT", "LU", "LV", "MC", "MT", "NL", "PL", "PT", "RO", "SE"),
        *("SI", "SK", "XI"),
    )
)


def region_of(country: str, home: str) -> str:
    """Return which of the two regions *country* lies in, nothing where it is *home*.

    Nothing too where either is not known: what is abroad cannot be told then.
    """
    if not country or not home or country == home:
        return ""
    return EU if country in EU_COUNTRIES else OUTSIDE_EU


def scopes(country: str, region: str, home: str) -> tuple[str, ...]:
    """Return what a rule for this place may be for, the most exact first.

    *region* is the shop's code of a part of the country ("QC" of "CA"), *home* the
    company's own country; each may be empty.
    """
    exact = (f"{country}-{region}" if country and region else "", country)
    named = (*exact, region_of(country, home))
    return (*(scope for scope in named if scope), "")

"""Whatever the mock's own description allows is answered, and as it says.

Schemathesis reads the OpenAPI document that the mock serves and makes requests of
it: by the description, against it, and with methods it does not name.
"""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    response_schema_conformance,
    status_code_conformance,
)

from mock_accounting.app import create_app
from mock_accounting.config import Settings
from mock_accounting.faults.rules import API_ROOT
from tests.contract.answers import known_paths

APP = create_app(Settings(enforce_limits=False))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    response_schema_conformance,
]
DESCRIBED = schemathesis.openapi.from_wsgi("/openapi.json", APP)


@pytest.fixture(scope="module")
def headers() -> dict[str, str]:
    """A token, and the organisation it is for."""
    http = APP.test_client()
    form = {"grant_type": "client_credentials"}
    token = http.post("/connect/token", data=form, auth=("demo", "demo")).get_json()
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    tenant = http.get("/connections", headers=bearer).get_json()[0]["tenantId"]
    return bearer | {"xero-tenant-id": tenant, "Accept": "application/json"}


@pytest.fixture(scope="module")
def known_ids() -> dict[str, str]:
    """By the name of a resource, an id that the books hold."""
    paths = known_paths(APP).values()
    return dict(path.split("/") for path in paths if path.count("/") == 1)


@DESCRIBED.parametrize()
@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_every_operation_answers_as_described(
    case: schemathesis.Case, headers: dict[str, str], known_ids: dict[str, str]
) -> None:
    case.call_and_validate(headers=headers, checks=CHECKS)

    if "id" in case.path_parameters:
        resource = case.path.removeprefix(f"{API_ROOT}/").partition("/")[0]
        case.path_parameters["id"] = known_ids[resource]
        case.call_and_validate(headers=headers, checks=CHECKS)

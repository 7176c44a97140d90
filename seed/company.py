"""Sets up the demo company with the dashboard's own commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from seed.config import Settings
from seed.memory import Memory
from seed.processes import Programs, script

EMAIL: Final = "demo@sluice.example"
SHOP_SLUG: Final = "demo-shop"


def set_up(
    programs: Programs, settings: Settings, memory: Memory, env: Mapping[str, str]
) -> None:
    """Make database, user, connection and shop; what is there already stays.

    Ends early when the demo is stopped.

    Raises:
        CommandFailed: If a command refuses.
    """
    add_user = (
        f"users add --email {EMAIL} --name Demo --role administrator --password-stdin"
    )
    set_connection = (
        f"connection set --kind xero --base-url {settings.mock_url} "
        "--client-id demo --client-secret demo"
    )
    add_shop = (
        f"shops add --kind woocommerce --slug {SHOP_SLUG} --secret={memory.shop_secret}"
    )
    for line in ("db upgrade", add_user, set_connection, add_shop):
        if programs.wait(0):
            return
        text = memory.password if line is add_user else ""
        # No value here has a space in it: a line can be cut at its spaces.
        programs.run([script("sluice"), *line.split()], env, text)

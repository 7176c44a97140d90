"""What every template can count on."""

from __future__ import annotations

import zlib
from typing import Any

from flask import Flask, session
from markupsafe import Markup

from dashboard.domain.exchanges import SLOW_MS
from dashboard.domain.problems import TITLES
from dashboard.domain.runs import Task, Trigger
from dashboard.domain.status import OrderStatus
from dashboard.domain.users import Role
from dashboard.web.access import is_live, user_or_none
from dashboard.web.advice import (
    advice,
    is_chosen_for_each,
    place,
    settings_place,
)
from dashboard.web.assets import asset, bootstrap_css, icon_href
from dashboard.web.banner import banner_lines
from dashboard.web.books_links import document_url, page_in_books
from dashboard.web.browser_name import browser_name
from dashboard.web.order_query import cause_key
from dashboard.web.own_address import own_address
from dashboard.web.problem_titles import problem_title
from dashboard.web.problems import group_href
from dashboard.web.reconciliation_words import PASS_STATES, total_label
from dashboard.web.services import services
from dashboard.web.summary import engine_state
from dashboard.web.switcher import organisation_name, places
from dashboard.web.tour import tour_stop
from dashboard.web.tracker import tracker
from dashboard.web.words import (
    ACTIVITY_KINDS,
    ALARMS,
    CORRECTIONS,
    EXCHANGE_RESULTS,
    POSTING_KINDS,
    POSTING_STATES,
    PURPOSES,
    ROLES,
    RUN_STATES,
    SHOP_KINDS,
    STATUSES,
    TASKS,
    TRIGGERS,
)


def install_page(app: Flask) -> None:
    """Teach the templates of *app* our words and give every page its frame."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(rev=rev, browser_name=browser_name)
    app.jinja_env.globals.update(
        asset=asset,
        bootstrap_css=bootstrap_css,
        icon_href=icon_href,
        is_live=is_live,
        own_address=own_address,
        tracker=tracker,
        page_in_books=page_in_books,
        advice=advice,
        is_chosen_for_each=is_chosen_for_each,
        problem_title=problem_title,
        cause_key=cause_key,
        cause_titles=TITLES,
        group_href=group_href,
        place=place,
        settings_place=settings_place,
        document_url=document_url,
        total_label=total_label,
        pass_states=PASS_STATES,
        statuses=STATUSES,
        posting_states=POSTING_STATES,
        posting_kinds=POSTING_KINDS,
        corrections=CORRECTIONS,
        run_states=RUN_STATES,
        tasks=TASKS,
        triggers=TRIGGERS,
        exchange_results=EXCHANGE_RESULTS,
        purposes=PURPOSES,
        shop_kinds=SHOP_KINDS,
        slow_ms=SLOW_MS,
        roles=ROLES,
        alarm_words=ALARMS,
        activity_kinds=ACTIVITY_KINDS,
        OrderStatus=OrderStatus,
        Task=Task,
        Trigger=Trigger,
    )
    app.context_processor(_frame)


def rev(content: Markup) -> str:
    """Return what changes when *content* does; the browser skips what did not."""
    return f"{zlib.crc32(content.encode()):08x}"


def _frame() -> dict[str, Any]:
    user = user_or_none()
    frame: dict[str, Any] = {
        "layout": "_fragment.html" if is_live() else "layout.html",
        "demo": services().demo,
        "https": services().https,
        "lab": services().demo_lab,
        "user": user,
        "organisation_name": organisation_name(),
        "may_manage": user is not None and user.role >= Role.MANAGER,
        "may_administer": user is not None and user.role >= Role.ADMINISTRATOR,
    }
    if user is not None:
        now = services().clock.now()
        pulse = services().overview.pulse(now)
        alarms = services().watch.stores.alarms.shown(now)
        engine = engine_state(pulse.engine_seen_at, now)
        frame |= {
            "pulse": pulse,
            "engine": engine,
            "banner": banner_lines(pulse, alarms),
            "organisations": places(user),
            "tour": None if services().demo_lab is None else tour_stop(session),
        }
    return frame

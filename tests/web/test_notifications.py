"""Settings > Notifications, and the banner that shows alarms on every page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard.domain.alarms import Alarm, AlarmKind, AlarmRules
from dashboard.domain.notices import Channel, Encryption
from dashboard.domain.sentences import say
from dashboard.domain.users import Role
from dashboard.store.runs import RunStore
from tests.fixtures.receivers import a_chat_program, a_mail_server
from tests.web.scene import Scene

HOME = "/settings/notifications"
EVERYTHING = [kind.value for kind in AlarmKind]
RULES = {
    "version": "0",
    "floor_minutes": "90",
    "ceiling_hours": "",
    "paused_minutes": "30",
    "problem_minutes": "0",
    "batch_minutes": "3",
    "timezone": "Europe/Berlin",
    "quiet_from": "22",
    "quiet_until": "7",
}


def mail(**fields: object) -> dict[str, object]:
    return {
        "name": "Office",
        "recipients": "ann@company.example, bob@company.example",
        "sender": "sluice@company.example",
        "host": "mail.company.example",
        "port": "587",
        "encryption": "starttls",
        "user": "sluice",
        "password": "mail-password",
        "kinds": EVERYTHING,
        "language": "",
        "active": "y",
    } | fields


def chat(url: str) -> dict[str, object]:
    return {
        "name": "Chat",
        "url": url,
        "kinds": EVERYTHING,
        "language": "",
        "active": "y",
    }


def channels(scene: Scene) -> tuple[Channel, ...]:
    return scene.program.watch.stores.channels.all()


def add_mail(scene: Scene, **fields: object) -> Channel:
    scene.client().post(f"{HOME}/new/email", mail(**fields))
    return channels(scene)[-1]


def test_a_channel_is_added_and_its_password_never_shown(scene: Scene) -> None:
    channel = add_mail(scene)

    assert channel.mail is not None
    assert channel.mail.recipients == ("ann@company.example", "bob@company.example")
    assert channel.mail.password == "mail-password"
    for path in (HOME, f"{HOME}/{channel.id}"):
        text = scene.client().get(path).text
        assert "ann@company.example" in text
        assert "mail-password" not in text


def test_what_is_left_empty_stays_as_it_is(scene: Scene) -> None:
    channel = add_mail(scene)

    scene.client().post(
        f"{HOME}/{channel.id}", mail(version="1", password="", name="Desk")
    )

    (changed,) = channels(scene)
    assert changed.name == "Desk"
    assert changed.mail is not None
    assert changed.mail.password == "mail-password"


def test_another_mail_server_is_not_told_the_password(scene: Scene) -> None:
    channel = add_mail(scene)

    scene.client().post(
        f"{HOME}/{channel.id}", mail(version="1", password="", host="evil.example")
    )

    (changed,) = channels(scene)
    assert changed.mail is not None
    assert changed.mail.password == ""


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"recipients": "ann"}, "no e-mail address: ann"),
        ({"recipients": "a@b.example\r\nBcc: c@d.example"}, "no e-mail address"),
        ({"sender": "Sluice"}, "no e-mail address: Sluice"),
        ({"encryption": "none"}, "A password needs STARTTLS or TLS"),
        ({"kinds": []}, "Choose at least one"),
        ({"port": "0"}, "between 1 and 65535"),
        ({"host": ""}, "required"),
    ],
)
def test_what_cannot_be_used_is_refused_beside_its_field(
    scene: Scene, fields: dict[str, object], said: str
) -> None:
    answer = scene.client().post(f"{HOME}/new/email", mail(**fields))

    assert answer.status_code == 422
    assert said in answer.text
    assert channels(scene) == ()


def test_a_name_is_used_once(scene: Scene) -> None:
    add_mail(scene)

    answer = scene.client().post(f"{HOME}/new/email", mail())

    assert answer.status_code == 422
    assert "Another channel has this name" in answer.text


def test_the_address_of_a_webhook_is_a_secret(scene: Scene) -> None:
    url = "http://127.0.0.1:9/hooks/T0/very-secret"
    hook = chat(url)

    scene.client().post(f"{HOME}/new/webhook", hook)

    (channel,) = channels(scene)
    assert channel.receiver is not None
    assert channel.receiver.url == url
    for path in (HOME, f"{HOME}/{channel.id}"):
        text = scene.client().get(path).text
        assert "127.0.0.1" in text
        assert "very-secret" not in text


@pytest.mark.parametrize(
    "url", ["", "hooks.slack.example", "ftp://hooks.slack.example/"]
)
def test_a_webhook_that_leads_nowhere_is_refused(scene: Scene, url: str) -> None:
    hook = chat(url)

    answer = scene.client().post(f"{HOME}/new/webhook", hook)

    assert answer.status_code == 422
    assert "is not an http or https address" in answer.text


def test_a_test_arrives_in_the_language_of_the_channel_or_of_the_company(
    scene: Scene,
) -> None:
    with a_mail_server() as box, a_chat_program() as room:
        fields = {"host": "localhost", "port": box.port, "user": ""}
        add_mail(scene, **fields, encryption=Encryption.NONE.value)
        hook = chat(room.url) | {"language": "de"}
        scene.client().post(f"{HOME}/new/teams", hook)
        client = scene.client()

        for channel in channels(scene):
            client.post(f"{HOME}/{channel.id}/test", {})

        assert box.subjects() == ["Sluice: dit is een test"]
        assert room.subjects() == ["Sluice: Dies ist ein Test"]
        assert "The test was taken" in client.get(HOME).text


def test_a_test_says_what_went_wrong(scene: Scene) -> None:
    with a_mail_server() as box:
        box.refusals = ["554 5.7.1 Looks like spam"]
        fields = {"host": "localhost", "port": box.port, "user": ""}
        channel = add_mail(scene, **fields, encryption=Encryption.NONE.value)
        client = scene.client()

        client.post(f"{HOME}/{channel.id}/test", {})

        assert "refuses it: 554 5.7.1 Looks like spam." in client.get(HOME).text


def test_a_channel_is_deleted(scene: Scene) -> None:
    channel = add_mail(scene)

    scene.client().post(f"{HOME}/{channel.id}/delete", {})

    assert channels(scene) == ()
    assert scene.client().get(f"{HOME}/{channel.id}").status_code == 404


def test_when_people_are_told_is_saved(scene: Scene) -> None:
    scene.client(Role.MANAGER).post(f"{HOME}/rules", RULES)

    rules, version = scene.program.watch.stores.alarms.rules()
    assert version == 1
    assert rules == AlarmRules(
        floor_minutes=90,
        problem_minutes=0,
        timezone="Europe/Berlin",
        quiet_from=22,
        quiet_until=7,
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"timezone": "Europe/Nowhere"}, "no such time zone"),
        ({"quiet_until": ""}, "Choose both hours"),
        ({"quiet_until": "22"}, "the whole day"),
        ({"floor_minutes": "1"}, "between 5 and 10080"),
    ],
)
def test_rules_that_cannot_be_are_refused(
    scene: Scene, fields: dict[str, str], said: str
) -> None:
    answer = scene.client().post(f"{HOME}/rules", RULES | fields)

    assert answer.status_code == 422
    assert said in answer.text


def test_two_people_do_not_undo_each_other(scene: Scene) -> None:
    client = scene.client()
    client.post(f"{HOME}/rules", RULES)

    client.post(f"{HOME}/rules", RULES | {"floor_minutes": "600"})

    assert scene.program.watch.stores.alarms.rules()[0].floor_minutes == 90
    assert "Somebody else saved this" in client.get(HOME).text


def test_a_watcher_sees_it_and_changes_nothing(scene: Scene) -> None:
    add_mail(scene)
    client = scene.client(Role.WATCHER)

    text = client.get(HOME).text

    assert "Administrators can change this" in text
    assert "Managers can change this" in text
    assert client.post(f"{HOME}/rules", RULES).status_code == 403
    assert client.get(f"{HOME}/new/email").status_code == 403


def test_there_is_no_such_kind_of_channel(scene: Scene) -> None:
    assert scene.client().get(f"{HOME}/new/pigeon").status_code == 404


def test_an_alarm_is_on_every_page(scene: Scene) -> None:
    scene.hold(AlarmKind.NO_ORDERS)

    for path in ("/", "/orders", "/runs", "/schedules", "/settings", HOME):
        text = scene.client().get(path).text
        assert "No orders come in" in text
        assert "Look at the shop." in text


def test_many_alarms_are_one_banner_the_most_urgent_first(scene: Scene) -> None:
    scene.hold(AlarmKind.NEEDS_PERSON, AlarmKind.NO_ORDERS, AlarmKind.WORKER_SILENT)
    scene.close_gate("The day's calls are used up")

    text = scene.client().get("/runs").text

    assert text.count('data-key="banner"') == 1
    places = [
        text.index(words)
        for words in (
            "Nothing works in the background",
            "3 more",
            "No orders come in",
            "nothing is booked for now",
            "Orders need a person",
        )
    ]
    assert places == sorted(places)


def test_problems_are_not_told_twice_where_a_page_shows_them(scene: Scene) -> None:
    scene.hold(AlarmKind.NEEDS_PERSON)
    client = scene.client()

    for path, told in (("/", False), ("/problems", False), ("/orders", True)):
        assert ("Orders need a person" in client.get(path).text) is told, path


def test_the_first_of_several_causes_is_told_in_the_readers_language(
    scene: Scene,
) -> None:
    now = scene.clock.now()
    alarms = [
        Alarm(
            kind=AlarmKind.NEEDS_PERSON,
            subject=subject,
            since=now - timedelta(hours=2),
            message=say("Tried again."),
        )
        for subject in ("taxes", "payments")
    ]
    scene.program.watch.stores.alarms.settle(alarms, now - timedelta(hours=1))

    client = scene.client()
    client.post("/language", {"language": "nl"}, page="/")

    assert "Opnieuw geprobeerd. 1 andere oorzaak." in client.get("/runs").text


def test_a_text_of_the_shop_is_no_markup(scene: Scene) -> None:
    scene.hold(AlarmKind.NO_ORDERS, message="<script>alert(1)</script>")

    assert "<script>alert(1)" not in scene.client().get("/").text


def test_health_names_what_holds_and_fails_only_for_operators(scene: Scene) -> None:
    runs = RunStore(scene.database, "test")
    runs.beat("engine")
    runs.beat("scheduler")
    scene.hold(AlarmKind.NO_ORDERS, AlarmKind.NEEDS_PERSON)
    for_the_company = scene.app.test_client().get("/healthz")
    scene.hold(AlarmKind.NO_ORDERS, AlarmKind.SCHEDULE_LATE)
    for_operators = scene.app.test_client().get("/healthz")

    assert for_the_company.status_code == 200
    assert [a["kind"] for a in for_the_company.get_json()["alarms"]] == [
        "no orders",
        "problems waiting",
    ]
    assert "demo" not in for_the_company.text
    assert for_operators.status_code == 503
    assert for_operators.get_json()["status"] == "late"


@pytest.mark.parametrize(
    ("alarm", "page"),
    [("needs-person", "/problems"), ("no-orders", "/orders"), ("worker-silent", "/")],
)
def test_a_message_leads_to_the_page_of_its_alarm(
    scene: Scene, alarm: str, page: str
) -> None:
    answer = scene.client(Role.WATCHER).get(f"/alarms/{alarm}")

    assert answer.headers["Location"] == page
    assert scene.client(Role.WATCHER).get("/alarms/none").status_code == 404
    stranger = scene.client(None).get(f"/alarms/{alarm}")
    assert stranger.headers["Location"] == f"/sign-in?next=/alarms/{alarm}"

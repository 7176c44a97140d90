"""Settings from the environment and the `.env` file; nothing else reads them."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values

_MIN_SECRET_KEY = 32
_KEY_FILE = "secret.key"
_OLD_KEY_FILE = "secret.key.old"
_LOG_LEVELS = ("debug", "info", "warning", "error", "critical")
_OF_THE_DEMO = (
    "SLUICE_DEMO_LAB_URL",
    "SLUICE_DEMO_LAB_TOKEN",
    "SLUICE_DEMO_AHEAD_SECONDS",
)
_A_CENTURY_S = 100 * 366 * 24 * 3600
# Nothing behind the host but perhaps a folder; no password, for everybody reads it.
_ADDRESS = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")
_TRUE = {"1", "true", "yes", "on"}


class SettingWrong(Exception):
    """A setting that cannot be used; the message names it and says what is wanted."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the environment decides. Every field is described in docs/settings.md."""

    data_dir: Path
    database_url: str
    secret_key: bytes = field(repr=False)
    old_secret_keys: tuple[bytes, ...] = field(default=(), repr=False)
    key_in_environment: bool = False
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 4
    demo: bool = False
    allow_loopback_api: bool = False
    public_url: str = ""
    https: bool = False
    trusted_hosts: tuple[str, ...] = ()
    trusted_proxies: int = 0
    log_level: str = "info"
    settle_s: float = 60.0
    calls_a_minute: int = 60
    calls_a_day: int = 5000
    organisation: str = ""
    demo_lab_url: str = ""
    demo_lab_token: str = ""
    demo_ahead_s: int = 0


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; creates the data folder and, once, the secret key.

    Args:
        environment: What to read instead of the process's environment and `.env`.

    Raises:
        SettingWrong: If one cannot be used, or the data folder cannot be written.
    """
    if environment is None:
        file = {k: v for k, v in dotenv_values(".env").items() if v is not None}
        environment = {**file, **os.environ}
    data_dir = Path(environment.get("SLUICE_DATA_DIR") or ".data").resolve()
    _make_writable(data_dir)
    demo = _flag(environment, "SLUICE_DEMO")
    _refuse_lab_without_demo(environment, demo=demo)
    database_url = environment.get("SLUICE_DATABASE_URL") or (
        f"sqlite:///{data_dir / 'sluice.db'}"
    )
    given_key = environment.get("SLUICE_SECRET_KEY", "")
    return Settings(
        data_dir=data_dir,
        database_url=_with_driver(database_url),
        secret_key=_secret_key(given_key, data_dir),
        key_in_environment=bool(given_key),
        old_secret_keys=(
            *environment.get("SLUICE_OLD_SECRET_KEYS", "").encode().split(),
            *(() if given_key else _old_stored_key(data_dir)),
        ),
        host=environment.get("SLUICE_HOST") or "127.0.0.1",
        port=_number(environment, "SLUICE_PORT", 8000, 1, 65_535),
        workers=_number(environment, "SLUICE_WORKERS", 4, 0, 64),
        demo=demo,
        allow_loopback_api=demo or _flag(environment, "SLUICE_ALLOW_LOOPBACK_API"),
        public_url=_address(environment, "SLUICE_PUBLIC_URL"),
        https=_flag(environment, "SLUICE_HTTPS"),
        trusted_hosts=_list(environment, "SLUICE_TRUSTED_HOSTS"),
        trusted_proxies=_number(environment, "SLUICE_TRUSTED_PROXIES", 0, 0, 10),
        log_level=_choice(environment, "SLUICE_LOG_LEVEL", "info", _LOG_LEVELS),
        settle_s=float(_number(environment, "SLUICE_SETTLE_SECONDS", 60, 0, 3000)),
        calls_a_minute=_number(environment, "SLUICE_CALLS_PER_MINUTE", 60, 0, 10_000),
        calls_a_day=_number(environment, "SLUICE_CALLS_PER_DAY", 5000, 0, 1_000_000),
        organisation=environment.get("SLUICE_ORGANISATION", "").strip(),
        demo_lab_url=environment.get("SLUICE_DEMO_LAB_URL", "").strip(),
        demo_lab_token=environment.get("SLUICE_DEMO_LAB_TOKEN", "").strip(),
        demo_ahead_s=_number(
            environment, "SLUICE_DEMO_AHEAD_SECONDS", 0, 0, _A_CENTURY_S
        ),
    )


def _refuse_lab_without_demo(environment: Mapping[str, str], *, demo: bool) -> None:
    """Keep a real installation from a page that can empty it and move its clock."""
    for name in _OF_THE_DEMO:
        if environment.get(name, "").strip() not in {"", "0"} and not demo:
            raise SettingWrong(
                f"{name} is for a demonstration: remove it, or set SLUICE_DEMO=1."
            )


def _address(environment: Mapping[str, str], name: str) -> str:
    """Return an address that others can be put behind; "" if none is given."""
    given = environment.get(name, "").strip().rstrip("/")
    if given and not _ADDRESS.fullmatch(given):
        raise SettingWrong(
            f"{name} is {given!r}. Give the address that browsers use, such as "
            "https://books.company.example"
        )
    return given


def _with_driver(url: str) -> str:
    """Name the driver in a PostgreSQL address, which people write without one."""
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _make_writable(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingWrong(
            f"The data folder {folder} cannot be made: {error.strerror}. "
            "Choose another with SLUICE_DATA_DIR."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingWrong(
            f"The data folder {folder} cannot be written. "
            "Choose another with SLUICE_DATA_DIR."
        )


def _secret_key(given: str, data_dir: Path) -> bytes:
    """Return the given key, else the one in the data folder, made when missing."""
    if given:
        if len(given) < _MIN_SECRET_KEY:
            raise SettingWrong(
                f"SLUICE_SECRET_KEY is shorter than {_MIN_SECRET_KEY} characters."
            )
        return given.encode()
    path = data_dir / _KEY_FILE
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return _stored_key(path)
    with os.fdopen(descriptor, "wb") as file:
        key = secrets.token_hex(32).encode()
        file.write(key)
    return key


def _stored_key(path: Path) -> bytes:
    try:
        key = path.read_bytes()
    except OSError as error:
        raise SettingWrong(f"{path} cannot be read: {error.strerror}.") from error
    if len(key) < _MIN_SECRET_KEY:
        raise SettingWrong(
            f"{path} holds no secret key. Restore it from a backup; without one, "
            "delete it and set the secrets of the shops and the connection again."
        )
    return key


def _old_stored_key(data_dir: Path) -> tuple[bytes, ...]:
    path = data_dir / _OLD_KEY_FILE
    return (_stored_key(path),) if path.exists() else ()


def make_secret_key(data_dir: Path) -> None:
    """Put a new secret key into the data folder; the one that is there becomes old.

    Killed on the way, it leaves at least one file with the key of before.

    Raises:
        SettingWrong: If there is an old key already: two would be lost in one.
    """
    path, old_path = data_dir / _KEY_FILE, data_dir / _OLD_KEY_FILE
    known = _stored_key(path)
    if old_path.exists() and _stored_key(old_path) != known:
        raise SettingWrong(
            f"{old_path} holds an old key still. Encrypt everything anew with: sluice "
            "secrets rotate. Then forget it with: sluice secrets forget-old-key"
        )
    _write_key(old_path, known)
    _write_key(path, secrets.token_hex(32).encode())


def forget_old_secret_key(data_dir: Path) -> bool:
    """Delete the old secret key from the data folder; False if there is none."""
    path = data_dir / _OLD_KEY_FILE
    if not path.exists():
        return False
    path.unlink()
    return True


def _write_key(path: Path, key: bytes) -> None:
    """Write a key so that its file is either the one of before or whole."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _flag(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "").strip().lower() in _TRUE


def _number(
    environment: Mapping[str, str], name: str, default: int, least: int, most: int
) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not text.isdecimal() or not least <= int(text) <= most:
        raise SettingWrong(
            f"{name} must be a whole number from {least} to {most}, not {text!r}."
        )
    return int(text)


def _choice(
    environment: Mapping[str, str], name: str, default: str, choices: tuple[str, ...]
) -> str:
    text = environment.get(name, "").strip().lower() or default
    if text not in choices:
        raise SettingWrong(f"{name} must be one of {', '.join(choices)}, not {text!r}.")
    return text


def _list(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    parts = (part.strip() for part in environment.get(name, "").split(","))
    return tuple(part for part in parts if part)

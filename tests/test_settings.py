"""A process is told by its environment, and told off for what is missing, unknown or malformed."""

import pytest

from docflow.settings import FOR_THE_STARTER, SettingsNotValid, settings_from

LEAST = {
    "DOCFLOW_DATABASE_URL": "postgresql://docflow_app@db/docflow",
    "DOCFLOW_S3_ENDPOINT": "store:9000",
    "DOCFLOW_S3_ACCESS_KEY": "key",
    "DOCFLOW_S3_SECRET_KEY": "secret",
    "DOCFLOW_SMTP_HOST": "mail",
}


def test_five_settings_are_enough() -> None:
    settings = settings_from(LEAST)
    assert settings.database_url == "postgresql://docflow_app@db/docflow"
    assert settings.max_upload_bytes == 2 * 1024**3
    assert settings.host == "127.0.0.1", "nobody else is served unless it is said"
    assert not settings.secure


def test_what_is_given_is_read_as_what_it_is() -> None:
    given = {
        "DOCFLOW_PORT": "8080",
        "DOCFLOW_S3_SECURE": "true",
        "DOCFLOW_SMTP_TLS": "starttls",
        "DOCFLOW_PUBLIC_URL": "https://docflow.tinh.example",
        "DOCFLOW_MAIL_FROM": "docflow@tinh.example",
    }
    settings = settings_from({**LEAST, **given})
    assert settings.port == 8080
    assert settings.s3_secure is True
    assert settings.smtp_tls == "starttls"
    assert settings.secure
    assert settings.mail_from == "docflow@tinh.example"


@pytest.mark.parametrize(("said", "meant"), [("1", True), ("True", True), ("0", False), ("false", False)])
def test_yes_and_no_are_said_in_more_than_one_way(said: str, meant: bool) -> None:
    assert settings_from({**LEAST, "DOCFLOW_S3_SECURE": said}).s3_secure is meant


@pytest.mark.parametrize("name", sorted(LEAST))
def test_a_missing_setting_is_named(name: str) -> None:
    for given in ({**LEAST, name: ""}, {one: LEAST[one] for one in LEAST if one != name}):
        with pytest.raises(SettingsNotValid, match=rf"missing settings: {name}$"):
            settings_from(given)


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(SettingsNotValid) as refused:
        settings_from({})
    assert all(name in str(refused.value) for name in LEAST)


def test_a_misspelt_setting_is_named() -> None:
    with pytest.raises(SettingsNotValid, match=r"unknown settings: DOCFLOW_PUBLIC_URI$"):
        settings_from({**LEAST, "DOCFLOW_PUBLIC_URI": "https://docflow.tinh.example"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", ""),
        ("S3_SECURE", "perhaps"),
        ("SMTP_TLS", "ssl"),
        ("SESSION_HOURS", "1.5"),
        ("MAX_UPLOAD_BYTES", "2 GB"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_malformed_setting_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsNotValid, match=f"DOCFLOW_{name}: "):
        settings_from({**LEAST, f"DOCFLOW_{name}": value})


def test_every_malformed_setting_is_told_at_once() -> None:
    given = {**LEAST, "DOCFLOW_DATABASE_CONNECTIONS": "0", "DOCFLOW_PORT": "70000"}
    with pytest.raises(SettingsNotValid, match=r"DOCFLOW_DATABASE_CONNECTIONS: .*DOCFLOW_PORT: "):
        settings_from(given)


def test_no_secret_is_told_with_what_is_wrong() -> None:
    given = {**LEAST, "DOCFLOW_SMTP_PASSWORD": "hush", "DOCFLOW_PORT": "eighty"}
    with pytest.raises(SettingsNotValid) as refused:
        settings_from(given)
    assert "hush" not in str(refused.value)
    assert "secret" not in str(refused.value)


def test_other_variables_are_none_of_its_business() -> None:
    others = {"PATH": "/bin", "DATABASE_URL": "x", **{f"DOCFLOW_{name}": "x" for name in FOR_THE_STARTER}}
    assert settings_from({**LEAST, **others}) == settings_from(LEAST)


def test_settings_do_not_change_while_a_process_runs() -> None:
    settings = settings_from(LEAST)
    with pytest.raises(AttributeError):
        settings.port = 1  # type: ignore[misc]


@pytest.mark.parametrize("said", ["*", "proxy", "10.0.0.1/8", "10.0.0.1;10.0.0.2"])
def test_only_addresses_and_networks_are_trusted_as_proxies(said: str) -> None:
    assert settings_from({**LEAST, "DOCFLOW_TRUSTED_PROXIES": "10.0.0.7, 192.168.0.0/16"}).trusted_proxies
    with pytest.raises(SettingsNotValid, match="malformed"):
        settings_from({**LEAST, "DOCFLOW_TRUSTED_PROXIES": said})

"""Settings: which place a path names, and what is said about a configuration that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_dag_agent_provider.exceptions import PathInvalid, SettingsError
from airflow_dag_agent_provider.settings import Bundle, Settings, load_settings, local_path

LOCAL = "airflow.dag_processing.bundles.local.LocalDagBundle"
BUNDLES = "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("/opt/dags", "/opt/dags"),
        ("/opt/dags/", "/opt/dags"),
        ("//opt/dags", "/opt/dags"),
        ("/opt/dags#1", "/opt/dags#1"),
        ("/data/what?/dags", "/data/what?/dags"),
        ("/opt/my%20dags", "/opt/my%20dags"),
        ("/opt/[x/dags", "/opt/[x/dags"),
        ("file:///opt/dags", "/opt/dags"),
        ("FILE:///opt/dags", "/opt/dags"),
        ("file://localhost/opt/dags", "/opt/dags"),
        ("file:///opt/my%20dags", "/opt/my dags"),
        ("file:///opt/a;b#c?d", "/opt/a;b#c?d"),
    ],
)
def test_a_path_or_file_uri_names_a_local_folder(uri: str, path: str) -> None:
    assert str(local_path(uri)) == path


@pytest.mark.parametrize("uri", ["s3://bucket/dags", "gs://b/x", "S3://b", "abfs://c@account/x"])
def test_another_uri_is_not_local(uri: str) -> None:
    assert local_path(uri) is None


def test_a_relative_path_starts_in_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert local_path("dags") == tmp_path / "dags"


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert local_path("~/dags") == Path("/home/ann/dags")


@pytest.mark.parametrize(
    "uri", ["file://dags/out", "file://~/dags", "file:/opt/dags", "file://", "", " ", "/a\0b", "~nobody-of-this-name/x"]
)
def test_a_path_that_names_no_place_is_refused_with_its_value(uri: str) -> None:
    with pytest.raises(PathInvalid) as refusal:
        local_path(uri)
    assert repr(uri) in str(refusal.value)


def test_a_bundle_behind_a_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    bundle = Bundle("dags", tmp_path / "link", 30)
    settings = Settings("/d", "/e", "/f", "/g", bundles=(bundle,))
    assert settings.bundle_of(str(tmp_path / "real" / "below")) == bundle


@pytest.mark.parametrize("option", ["dags_path", "drafts_path", "sessions_path", "step_cache_path"])
@pytest.mark.parametrize(
    ("value", "why"), [("dags", "it is relative"), ("file://dags/out", "read as a host"), ("./x", "it is relative")]
)
def test_a_configured_path_must_be_whole(option: str, value: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"AIRFLOW__DAG_AGENT__{option.upper()}", value)
    with pytest.raises(SettingsError, match=rf"^\[dag_agent\] {option} = '{value}' .*{why}"):
        load_settings()


@pytest.mark.parametrize("value", ["/opt/dags", "file:///opt/dags", "s3://bucket/dags"])
def test_a_whole_path_is_taken_as_it_is_written(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__DAG_AGENT__DAGS_PATH", value)
    assert load_settings().dags_path == value


def test_a_home_with_a_percent_sign_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airflow.configuration.AIRFLOW_HOME", "/opt/air%20flow")
    assert local_path(load_settings().drafts_path) == Path("/opt/air%20flow/dag_agent/drafts")


def test_the_local_bundles_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    bundles: list[dict[str, Any]] = [
        {"name": "a", "classpath": LOCAL, "kwargs": {"path": "/a", "refresh_interval": 30}},
        {"name": "git", "classpath": "airflow.providers.git.bundles.git.GitDagBundle", "kwargs": {}},
        {"name": "b", "classpath": LOCAL, "kwargs": {"path": "/b"}},
    ]
    monkeypatch.setenv(BUNDLES, json.dumps(bundles))
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL", "77")
    assert load_settings().bundles == (Bundle("a", Path("/a"), 30), Bundle("b", Path("/b"), 77))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("nonsense", "not JSON"),
        ('{"name": "x"}', "must be a list"),
        ("[1]", "a bundle is written"),
        (json.dumps([{"classpath": LOCAL}]), "has no name"),
        (json.dumps([{"name": "x", "classpath": LOCAL, "kwargs": {"refresh_interval": "30s"}}]), "whole number"),
        (json.dumps([{"name": "x", "classpath": LOCAL, "kwargs": [1]}]), "kwargs must be an object"),
        (json.dumps([{"name": "x", "classpath": LOCAL, "kwargs": {"path": 1}}]), "kwargs must be an object"),
    ],
)
def test_a_bundle_configuration_that_cannot_be_read_is_named(
    raw: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(BUNDLES, raw)
    with pytest.raises(SettingsError, match=rf"^\[dag_processor\] dag_bundle_config_list = .*{why}"):
        load_settings()


@pytest.mark.parametrize(
    ("section", "option"), [("dag_processor", "refresh_interval"), ("core", "dags_are_paused_at_creation")]
)
def test_an_option_of_airflow_that_cannot_be_read_is_named(
    section: str, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"AIRFLOW__{section.upper()}__{option.upper()}", "30s")
    with pytest.raises(SettingsError, match=rf"^\[{section}\] {option} = '30s' cannot be used"):
        load_settings()

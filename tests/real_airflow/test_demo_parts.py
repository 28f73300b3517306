"""Facts of the demo and the workshop that need no Airflow."""

import csv
import re
import runpy
from datetime import datetime
from pathlib import Path

import pytest

from example_dags.demo import road
from example_dags.demo.__main__ import Options, main
from example_dags.demo.console import Phases, text_table
from example_dags.demo.data import DEFAULT_REQUEST, EXPECTED_ROWS, SHIPPED, Table, Workplace
from example_dags.demo.environment import airflow_environment, bundle_list

ROOT = Path(__file__).resolve().parents[2]


def shipped_rows() -> list[dict[str, str]]:
    return [row for path in sorted(SHIPPED.glob("*.csv")) for row in csv.DictReader(path.read_text().splitlines())]


def test_the_shipped_files_hold_three_duplicates_and_one_row_that_does_not_parse():
    parsed = []
    for row in shipped_rows():
        try:
            parsed.append((row["id"], datetime.fromisoformat(row["ts"]), float(row["value"])))
        except ValueError:
            continue
    assert (len(shipped_rows()), len(parsed)) == (13, 12)
    assert tuple(sorted(set(parsed))) == EXPECTED_ROWS


def test_a_request_names_the_folder_of_the_files(tmp_path):
    assert Workplace(tmp_path).request(None) == DEFAULT_REQUEST.replace("<folder>", f"{tmp_path}/incoming")
    assert Workplace(tmp_path).request("Look into <folder>.") == f"Look into {tmp_path}/incoming."


@pytest.mark.parametrize("stored", ["2026-11-18T12:00:00", "2026-11-18 12:00:00", "2026-11-18T12:00:00+00:00"])
def test_a_stored_time_is_read_however_it_is_written(stored):
    table = Table("t", ("value", "id", "ts", "loaded_at"), ((1.5, "a", stored, "x"),))
    assert table.typed() == (("a", datetime(2026, 11, 18, 12), 1.5),)


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, Options()),
        ({"REQUEST": " ", "YES": "0", "KEEP": "no"}, Options()),
        ({"REQUEST": "do it", "YES": "1", "KEEP": "true"}, Options(request="do it", approve=True, keep=True)),
    ],
)
def test_options_are_environment_variables(environ, wanted):
    assert Options.from_environ(environ) == wanted


def test_an_unknown_command_prints_the_usage(capsys):
    assert main(["dmeo"]) == 2
    assert "{demo,ui}" in capsys.readouterr().out


@pytest.mark.parametrize("path", ["/dags/a b.py", "file:///dags/a%20b.py"])
def test_a_release_is_read_from_the_answer_of_the_review(path):
    told = {"dag_id": "a", "path": path, "version": 2, "sha256": "00"}
    assert road.read_release({"chosen_options": ["Approve"], "release": told}) == road.Release(
        "a", Path("/dags/a b.py"), 2, "00"
    )


@pytest.mark.parametrize("answer", [None, {}, {"chosen_options": ["Reject"], "release": None}])
def test_an_answer_without_a_release_released_nothing(answer):
    assert road.read_release(answer) is None


def test_other_bytes_than_the_approved_ones_end_the_road(tmp_path):
    (tmp_path / "a.py").write_text("changed")
    with pytest.raises(road.RoadBlocked, match="approved was 00"):
        road.file_sha256(road.Release("a", tmp_path / "a.py", 1, "00"))


def test_airflow_variables_of_the_caller_do_not_reach_the_services(tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("AIRFLOW__CORE__UNIT_TEST_MODE", "True")
    env = airflow_environment(tmp_path, port=1, bundles={}, extra={"AIRFLOW_CONN_A": "x"})
    assert env["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert "AIRFLOW__CORE__UNIT_TEST_MODE" not in env
    assert env["AIRFLOW_CONN_A"] == "x"


def test_every_bundle_is_looked_at_every_few_seconds():
    assert '"refresh_interval": 5' in bundle_list({"a": Path("/x")})


def test_numbers_stand_on_the_right():
    assert text_table(["id", "n"], [["a", 1], ["bb", 10]]) == "id   n\n--  --\na    1\nbb  10"


def test_phases_add_up():
    phases = Phases({"a": 1.0, "b": 2.5})
    assert phases.table().splitlines()[-1].split() == ["total", "3.5"]


def test_uv_gets_the_index_settings_of_pip():
    uv = runpy.run_path(str(ROOT / ".ci" / "uv.py"))
    pip = uv["pip_settings"]("global.index-url='https://a.example/index'\nglobal.extra-index-url='b\\nc'")
    assert uv["uv_environment"](pip, {"PATH": "/bin"}) == {
        "UV_DEFAULT_INDEX": "https://a.example/index",
        "UV_EXTRA_INDEX_URL": "b c",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_NO_PROGRESS": "1",
        "PATH": "/bin",
    }


def test_what_is_set_for_uv_wins_over_pip():
    uv = runpy.run_path(str(ROOT / ".ci" / "uv.py"))
    environ = {"UV_DEFAULT_INDEX": "mine"}
    assert uv["uv_environment"]({"index-url": "pips"}, environ)["UV_DEFAULT_INDEX"] == "mine"


def test_the_constraints_hold_plain_pins_only():
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line[:1] != "#"]
    pin = re.compile(r"[a-z0-9][a-z0-9._-]*==[^\s/:;]+( ; [^/:]+)?")
    assert [line for line in lines if not pin.fullmatch(line)] == []
    assert {"pydantic-ai-slim==2.62.0", "pydantic-ai-harness==0.62.0"} <= set(lines)

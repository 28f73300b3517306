"""dag-agent on bad ground: every failure is a sentence with a way out and an exit code, never a traceback."""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.messages import ModelResponse, TextPart
from pydantic_ai.models.function import FunctionModel

from airflow_dag_agent_provider.authoring.plan import Proposal
from airflow_dag_agent_provider.cli import COMMANDS, get_cli_commands, main
from airflow_dag_agent_provider.exceptions import PlanInvalid
from tests.cli.runs import GOOD, REQUEST, Run, created

PASSWORD = "hunter2x" + "hunter2x"
WITH_SECRET = f"{REQUEST} Use postgres://bob:{PASSWORD}@db/x"


class Terminal(io.StringIO):
    """A standard input with a person before it."""

    def isatty(self) -> bool:
        return True


def program(*argv: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the program in a process of its own."""
    command = [sys.executable, "-m", "airflow_dag_agent_provider.cli", *argv]
    return subprocess.run(command, check=False, timeout=120, **{"capture_output": True} | options)


# --- the model


def test_a_model_that_answers_nonsense_is_named_with_the_way_out(dag_agent: Run) -> None:
    code, out, err = dag_agent("create", REQUEST, "--model", "test")
    assert (code, out) == (1, "")
    assert "'test:test' gave no plan" in err
    assert "--model offline:planner" in err


def test_a_model_that_fails_is_a_finding_in_json(dag_agent: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    chatter = FunctionModel(lambda *_: ModelResponse(parts=[TextPart("Sure, here is a DAG!")]))
    monkeypatch.setattr("airflow_dag_agent_provider.hooks.llm._build", lambda *_: chatter)
    code, answer = created(dag_agent, "--model", "vendor:chatter")
    assert (code, answer["draft_id"], answer["ok"]) == (1, None, False)
    assert [finding["code"] for finding in answer["findings"]] == ["model-failed"]


@pytest.mark.parametrize("command", ["create", "preview"])
def test_a_model_and_a_connection_exclude_each_other(
    dag_agent: Run, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([command, REQUEST, "--model", "test", "--conn-id", "x"])
    assert "--conn-id: not allowed with argument --model" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["create", "preview"])
def test_a_model_and_a_connection_exclude_each_other_in_airflows_command_line(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (group,) = get_cli_commands()
    action = next(one for one in group.subcommands if one.name == command)
    parser = argparse.ArgumentParser()
    for argument in action.args:
        argument.add_to_parser(parser)
    with pytest.raises(SystemExit, match="2"):
        action.func(parser.parse_args([REQUEST, "--model", "test", "--conn-id", "x"]))
    assert "Give one of --model and --conn-id" in capsys.readouterr().err


def test_an_argument_is_read_under_its_own_name() -> None:
    for command in COMMANDS:
        parser = argparse.ArgumentParser()
        for argument in command.arguments:
            assert parser.add_argument(*argument.flags, **argument.options).dest == argument.name


# --- create and preview


def test_create_that_fails_while_releasing_still_answers_in_json(dag_agent: Run, tmp_path: Path) -> None:
    code, answer = created(dag_agent, "--publish", "--dags-path", str(tmp_path / "elsewhere"))
    assert (code, answer["published"], answer["ok"]) == (4, None, False)
    assert answer["draft_id"]
    assert "no local DAG bundle" in answer["refused"]["reason"]
    assert answer["findings"][-1]["code"] == "publish-failed"


def test_create_that_cannot_write_the_release_answers_with_exit_1(
    dag_agent: Run, airflow: Path, tmp_path: Path
) -> None:
    created(dag_agent, "--dag-id", "one")
    (tmp_path / "drafts" / "releases").write_text("a file where a folder belongs")
    code, answer = created(dag_agent, "--dag-id", "one", "--publish")
    assert (code, answer["published"], answer["refused"]) == (1, None, None)
    assert [(f["code"], f["severity"]) for f in answer["findings"]][-1] == ("publish-failed", "error")
    assert list(airflow.iterdir()) == []


@pytest.mark.parametrize("command", ["create", "preview"])
def test_a_secret_is_refused_in_json_by_create_and_preview(dag_agent: Run, command: str) -> None:
    code, out, err = dag_agent(command, WITH_SECRET, "--format", "json")
    assert (code, json.loads(out)["plan"]) == (4, None)
    assert "connection" in json.loads(out)["refused"]["way_out"]
    assert PASSWORD not in out + err


@pytest.mark.parametrize("command", ["create", "preview"])
def test_an_invalid_plan_is_a_finding_in_json(dag_agent: Run, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def propose(*_: object) -> Proposal:
        raise PlanInvalid(["there is no operator 'MagicOperator'"])

    monkeypatch.setattr("airflow_dag_agent_provider.offline.planner.propose", propose)
    code, out, _ = dag_agent(command, REQUEST, "--format", "json")
    (finding,) = json.loads(out)["findings"]
    assert (code, finding["code"], finding["severity"]) == (1, "plan-invalid", "error")
    assert "MagicOperator" in finding["message"]


# --- drafts and publish


def test_a_damaged_draft_does_not_hide_the_others(dag_agent: Run, tmp_path: Path) -> None:
    created(dag_agent, "--dag-id", "good")
    for dag_id, make in {"cut": lambda p: p.write_text("{"), "folder": lambda p: p.mkdir()}.items():
        folder = tmp_path / "drafts" / "drafts" / dag_id
        folder.mkdir()
        make(folder / "1.json")
    code, out, _ = dag_agent("drafts", "--format", "json")
    rows = {row["draft_id"]: row for row in json.loads(out)}
    assert (code, rows["cut-1"]["ok"], rows["good-1"]["ok"]) == (1, False, True)
    assert "cannot be read" in rows["cut-1"]["damaged"]
    assert rows["good-1"]["damaged"] is None
    code, out, _ = dag_agent("drafts")
    assert (code, "cut-1" in out, "damaged" in out, "good-1" in out) == (1, True, True, True)


def test_a_damaged_release_does_not_hide_the_drafts(dag_agent: Run, tmp_path: Path) -> None:
    created(dag_agent, "--dag-id", "good")
    created(dag_agent, "--dag-id", "torn", "--publish")
    record = tmp_path / "drafts" / "releases" / "torn" / "1" / "release.json"
    record.write_text("{")
    code, out, _ = dag_agent("drafts", "--format", "json")
    rows = {row["draft_id"]: row for row in json.loads(out)}
    assert (code, rows["good-1"]["ok"], bool(rows["torn-1"]["damaged"])) == (1, True, True)


def test_a_draft_that_cannot_be_read_is_named(dag_agent: Run, tmp_path: Path) -> None:
    (tmp_path / "drafts" / "drafts" / "x" / "1.json").mkdir(parents=True)
    for argv in (["preview", "x-1"], ["publish", "x-1", "--yes"]):
        code, _, err = dag_agent(*argv)
        assert (code, "drafts/x/1.json' cannot be read" in err) == (1, True)


def test_publish_with_json_writes_only_json_to_standard_output(dag_agent: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    _, answer = created(dag_agent, "--dag-id", "spoken")
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    code, out, err = dag_agent("publish", "spoken-1", "--format", "json")
    assert (code, json.loads(out)["sha256"]) == (0, answer["sha256"])
    assert "Release spoken-1? [y/N]" in err
    assert "with DAG(" in err


@pytest.mark.parametrize("said", ["n\n", "", "yess\n"])
def test_publish_releases_nothing_without_a_yes(
    dag_agent: Run, airflow: Path, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    created(dag_agent, "--dag-id", "unspoken")
    monkeypatch.setattr("sys.stdin", Terminal(said))
    assert dag_agent("publish", "unspoken-1")[0] == 4
    assert list(airflow.iterdir()) == []


@pytest.mark.parametrize("error", [KeyError("uid not found: 4242"), OSError("no username")])
def test_a_user_without_a_name_is_the_number(
    dag_agent: Run, tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> str:
        raise error

    monkeypatch.setattr("getpass.getuser", nobody)
    assert created(dag_agent, "--publish", "--dag-id", "anonymous")[0] == 0
    release = json.loads((tmp_path / "drafts/releases/anonymous/1/release.json").read_text())
    assert release["approval"]["approver"] == str(os.getuid())


# --- check


def test_a_folder_without_python_files_is_wrong_usage(dag_agent: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, out, err = dag_agent("check", str(tmp_path / "empty"))
    assert (code, out) == (2, "")
    assert "no Python file" in err
    assert "empty'" in err


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "good.py").write_text(GOOD)
    return folder


def test_a_file_that_cannot_be_read_does_not_hide_the_others(dag_agent: Run, files: Path) -> None:
    (files / "broken_link.py").symlink_to(files / "nowhere.py")
    (files / "folder.py").mkdir()
    os.mkfifo(files / "pipe.py")
    code, out, _ = dag_agent("check", str(files), "--format", "json")
    found = {Path(file["path"]).name: [f["code"] for f in file["findings"]] for file in json.loads(out)["files"]}
    assert code == 1
    assert found == {"broken_link.py": ["unreadable"], "good.py": [], "pipe.py": ["unreadable"]}


def test_a_name_that_the_system_refuses_is_a_finding(dag_agent: Run) -> None:
    code, out, _ = dag_agent("check", "x" * 300 + ".py", "--format", "json")
    assert (code, json.loads(out)["files"][0]["findings"][0]["code"]) == (1, "unreadable")


def test_the_isolation_is_what_all_loaded_files_had_in_common(
    dag_agent: Run, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow_dag_agent_provider.checks.finding import CheckReport

    layers = iter([("process", "network", "limits"), ("process", "limits", "more"), ()])
    monkeypatch.setattr(
        "airflow_dag_agent_provider.checks.run.run_checks", lambda *_, **__: CheckReport(layers=next(layers))
    )
    for name in ("other.py", "third.py"):
        (files / name).write_text(GOOD)
    answer = json.loads(dag_agent("check", str(files), "--format", "json")[1])
    assert answer["isolation"]["layers"] == ["process", "limits"]


def test_the_isolation_is_static_when_nothing_was_loaded(dag_agent: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def broken(:\n")
    answer = json.loads(dag_agent("check", str(tmp_path / "bad.py"), "--format", "json")[1])
    assert answer["isolation"]["layers"] == ["static"]


# --- places and configuration


@pytest.mark.parametrize(
    ("path", "said"), [("s3x://bucket/x", "s3x://"), ("file://dags/out", "'dags'"), ("~nobody-here/x", "home folder")]
)
def test_a_place_that_cannot_be_is_wrong_usage(dag_agent: Run, path: str, said: str) -> None:
    for argv in (["drafts"], ["create", REQUEST]):
        code, _, err = dag_agent(*argv, "--drafts-path", path)
        assert (code, said in err) == (2, True), err


def test_a_relative_place_is_in_the_current_directory(
    dag_agent: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    code, answer = created(
        dag_agent, "--publish", "--drafts-path", "d", "--dags-path", "out", "--anywhere", "--dag-id", "near"
    )
    assert (code, answer["published"]["path"]) == (0, str(tmp_path / "here" / "out" / "near.py"))


def test_a_configuration_that_cannot_be_used_is_wrong_usage(dag_agent: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", "[1]")
    for argv in (["drafts"], ["init", "--approver", "bob"], ["create", REQUEST]):
        code, _, err = dag_agent(*argv)
        assert (code, "dag_bundle_config_list" in err) == (2, True), err


@pytest.mark.parametrize("approver", ["", "  "])
def test_init_takes_no_nameless_approver(dag_agent: Run, airflow: Path, approver: str) -> None:
    assert dag_agent("init", "--approver", approver)[0] == 4
    assert list(airflow.iterdir()) == []


# --- the terminal


def test_a_terminal_that_takes_ascii_only_gets_escapes(airflow: Path) -> None:
    request = REQUEST.replace("/data/in", "/data/Jürgen–1")
    for form, read in (("json", json.loads), ("text", str)):
        environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
        done = program("create", request, "--format", form, env=environment)
        assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
        assert read(done.stdout.decode("ascii"))


def test_a_reader_that_goes_away_ends_nothing_loudly(airflow: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = program("drafts", stdout=writing, stderr=subprocess.PIPE, capture_output=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_output_that_is_full_is_named(airflow: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = program("drafts", stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert done.returncode == 1
    assert b"The output cannot be written (No space left" in done.stderr
    assert b"Traceback" not in done.stderr


def test_ctrl_c_is_a_word_and_no_traceback(dag_agent: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("airflow_dag_agent_provider.authoring.workshop.load_settings", interrupted)
    assert dag_agent("drafts") == (130, "", "Stopped.\n")

"""dag-agent: the same program in both command lines; exit codes and JSON that scripts rely on."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import pytest

from airflow_dag_agent_provider.cli import COMMANDS, get_cli_commands
from tests.cli.runs import GOOD, REQUEST, Run, created


def test_create_writes_a_draft_and_nothing_into_the_dag_folder(dag_agent: Run, airflow: Path) -> None:
    code, answer = created(dag_agent)
    assert code == 0
    assert (answer["ok"], answer["questions"], answer["refused"], answer["published"]) == (True, [], None, None)
    assert hashlib.sha256(answer["source"].encode()).hexdigest() == answer["sha256"]
    assert answer["draft_id"] == f"{answer['dag_id']}-1"
    assert list(airflow.iterdir()) == []


def test_create_answers_with_exactly_the_promised_fields(dag_agent: Run) -> None:
    _, answer = created(dag_agent)
    assert set(answer) == {
        "draft_id", "dag_id", "sha256", "approval_digest", "path", "ok", "findings", "plan", "questions",
        "assumptions", "refused", "source", "published",
    }  # fmt: skip


def test_create_states_what_it_assumed(dag_agent: Run) -> None:
    _, answer = created(dag_agent)
    assumed = " ".join(answer["assumptions"])
    assert "sqlite_default" in assumed
    assert "do not parse" in assumed or "does not parse" in assumed


def test_create_with_publish_releases_the_file(dag_agent: Run, airflow: Path) -> None:
    code, answer = created(dag_agent, "--publish", "--dag-id", "my_values")
    assert code == 0
    released = Path(answer["published"]["path"])
    assert released == airflow / "my_values.py"
    assert hashlib.sha256(released.read_bytes()).hexdigest() == answer["published"]["sha256"] == answer["sha256"]


def test_open_questions_exit_3_and_write_nothing(dag_agent: Run, tmp_path: Path) -> None:
    code, answer = created(dag_agent, request="Every day load the CSV files in /data/in into SQLite.")
    assert code == 3
    assert all({"slot", "text", "why"} == set(question) for question in answer["questions"])
    assert answer["questions"]
    assert not (tmp_path / "drafts").exists()


def test_a_secret_is_refused_with_exit_4_and_not_repeated(dag_agent: Run, tmp_path: Path) -> None:
    secret = "hunter2x" + "hunter2x"
    code, out, err = dag_agent("create", f"{REQUEST} Use postgres://bob:{secret}@db/x", "--format", "json")
    assert code == 4
    assert json.loads(out)["refused"]["way_out"]
    assert secret not in out + err
    assert not (tmp_path / "drafts").exists()


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["create", "?"], 2, "says nothing"),
        (["create", REQUEST, "--dag-id", "Täglich!"], 2, "'t_glich'"),
        (["create", REQUEST, "--model", "nobody:knows"], 2, "nobody"),
        (["create", REQUEST, "--conn-id", "nowhere"], 2, "nowhere"),
        (["check", "nowhere.py"], 2, "'nowhere.py'"),
        (["publish", "nothing-1"], 2, "'nothing-1'"),
        (["preview", "nothing-1"], 2, "'nothing-1'"),
        (["init"], 4, "--approver"),
        (["init", "--approver", "bob", "--dags-folder", "/no/such/folder"], 4, "/no/such/folder"),
    ],
    ids=lambda value: "-".join(value)[:24] if isinstance(value, list) else None,
)
def test_wrong_usage_names_the_value_and_the_way_out(dag_agent: Run, argv: list[str], code: int, said: str) -> None:
    got, _, err = dag_agent(*argv)
    assert (got, said in err) == (code, True), err


def test_a_file_that_is_not_ours_is_refused(dag_agent: Run, airflow: Path) -> None:
    (airflow / "theirs.py").write_text("# a person's DAG\n")
    code, answer = created(dag_agent, "--dag-id", "theirs")
    assert code == 4
    assert "written or edited by hand" in answer["refused"]["reason"]
    assert (airflow / "theirs.py").read_text() == "# a person's DAG\n"


def test_preview_of_a_request_stores_nothing(dag_agent: Run, tmp_path: Path) -> None:
    code, out, _ = dag_agent("preview", REQUEST)
    assert code == 0
    assert "with DAG(" in out
    assert not (tmp_path / "drafts").exists()


def test_a_draft_is_listed_shown_published_and_listed_as_released(dag_agent: Run, airflow: Path) -> None:
    _, answer = created(dag_agent, "--dag-id", "listed")
    assert "listed-1" in dag_agent("drafts")[1]
    assert answer["sha256"] in dag_agent("preview", "listed-1")[1]
    code, _, err = dag_agent("publish", "listed-1", "--yes")
    assert code == 0
    assert "airflow dags unpause listed" in err
    assert json.loads(dag_agent("drafts", "--format", "json")[1])[0]["released"] == 1


def test_publish_without_a_terminal_releases_nothing_unless_told(
    dag_agent: Run, airflow: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    created(dag_agent, "--dag-id", "asked")
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert dag_agent("publish", "asked-1")[0] == 4
    assert list(airflow.iterdir()) == []


def test_a_folder_outside_of_every_bundle_is_refused_unless_told(dag_agent: Run, tmp_path: Path) -> None:
    created(dag_agent, "--dag-id", "away")
    elsewhere = str(tmp_path / "elsewhere")
    code, _, err = dag_agent("publish", "away-1", "--yes", "--dags-path", elsewhere)
    assert (code, "no local DAG bundle" in err) == (4, True)
    assert dag_agent("publish", "away-1", "--yes", "--dags-path", elsewhere, "--anywhere")[0] == 0


def test_check_tells_a_good_file_from_a_bad_one(dag_agent: Run, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "good.py").write_text(GOOD)
    (folder / "bad.py").write_text("def broken(:\n")
    code, out, _ = dag_agent("check", str(folder), "--format", "json")
    answer = json.loads(out)
    bad, good = answer["files"]
    assert (code, bad["ok"], good["ok"]) == (1, False, True)
    assert set(bad["findings"][0]) == {"code", "severity", "message", "hint", "line", "column", "check"}
    dag = good["dags"][0]
    assert (dag["dag_id"], dag["schedule"]) == ("nightly", "0 3 * * *")
    assert {task["task_id"]: task["upstream"] for task in dag["tasks"]} == {"a": [], "b": ["a"]}
    assert dag["next_runs"]
    assert answer["isolation"]["layers"]
    assert dag_agent("check", str(folder / "good.py"))[0] == 0


def test_init_writes_the_three_line_file_once_and_says_what_is_missing(dag_agent: Run, airflow: Path) -> None:
    code, out, _ = dag_agent("init", "--approver", "bob")
    assert code == 0
    assert 'authoring_dag(approvers=["bob"])' in (airflow / "dag_agent_author.py").read_text()
    assert "refresh_interval" in out
    assert "offline:planner" in out
    assert "left as it is" in dag_agent("init", "--approver", "eve")[1]
    assert "eve" not in (airflow / "dag_agent_author.py").read_text()


def test_both_command_lines_have_the_same_commands() -> None:
    (group,) = get_cli_commands()
    assert group.name == "dag-agent"
    assert [(c.name, [a.flags for a in c.args]) for c in group.subcommands] == [
        (c.name, [a.flags for a in c.arguments]) for c in COMMANDS
    ]

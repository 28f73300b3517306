"""The demo's harness drives a real Airflow and leaves nothing behind; shown with a stand-in author."""

import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from example_dags.demo import road
from example_dags.demo.__main__ import EXAMPLE_DAGS, Options, run_demo
from example_dags.demo.data import Workplace, demo_variables
from example_dags.demo.local_airflow import AirflowDidNotStart, LocalAirflow

pytestmark = pytest.mark.airflow


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Give the test a temporary folder of its own; the function fails if a process or a home of it is left."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def check() -> None:
        assert [process for process in psutil.process_iter() if str(tmp_path) in home_of(process)] == []
        assert list(tmp_path.glob("dag-agent-airflow-*")) == []

    return check


def home_of(process: psutil.Process) -> str:
    try:
        return process.environ().get("AIRFLOW_HOME", "")
    except psutil.Error:
        return ""


def test_the_demo_goes_from_a_request_to_a_filled_table(stand_in, nothing_stays, capsys):
    code = run_demo(Options(approve=True, authoring_dag="stand_in_author", authoring_file=stand_in))

    nothing_stays()
    out = capsys.readouterr().out
    assert code == 0
    assert "Approved without asking: YES=1." in out
    assert "Table daily_values: 9 rows" in out
    assert "stop Airflow" in out


def test_stopping_leaves_no_process_no_port_and_no_home(stand_in, nothing_stays):
    with LocalAirflow(bundles={"stand-in": stand_in.parent}) as airflow:
        members, port = airflow.processes.alive(), airflow.port
        assert len(members) > 3
        assert listens(port)

    nothing_stays()
    assert not any(process.is_running() for process in members)
    assert not listens(port)


def test_a_service_that_dies_is_reported_with_the_end_of_its_log(nothing_stays):
    unknown = {"AIRFLOW__CORE__EXECUTOR": "no.such.Executor"}
    with (
        pytest.raises(AirflowDidNotStart, match=r"(?s)ended with code 1.*no\.such"),
        LocalAirflow(bundles={}, extra_env=unknown),
    ):
        pytest.fail("Airflow started with an executor that does not exist")

    nothing_stays()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 128 + signal.SIGTERM)])
def test_an_interrupted_ui_stops_its_airflow(stand_in, nothing_stays, number, code):
    script = (
        "import sys; from pathlib import Path; import example_dags.demo.__main__ as demo; "
        f"options = demo.Options(authoring_dag='stand_in_author', authoring_file=Path({str(stand_in)!r})); "
        "demo.Options.from_environ = lambda _environ: options; sys.exit(demo.main(['ui']))"
    )
    command, root = [sys.executable, "-c", script], EXAMPLE_DAGS.parent
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as ui:
        for line in ui.stdout:
            if "Ctrl-C stops it" in line:
                break
        ui.send_signal(number)
        ui.communicate(timeout=60)

    assert ui.returncode == code
    nothing_stays()


def test_a_failed_task_ends_the_road_with_the_end_of_its_log(airflow: LocalAirflow, stand_in):
    road.wait_for_dag(airflow.rest, "stand_in_author", file_name=stand_in.name, timeout_s=60)
    journey = road.start(airflow.rest, "stand_in_author", conf={"request": "fail here"})

    with pytest.raises(road.RoadBlocked, match=r"(?s)--- log of understand.*ValueError: no folder in 'fail here'"):
        journey.follow(timeout_s=60)


def test_a_rejected_review_releases_nothing(airflow: LocalAirflow, place: Workplace, stand_in):
    road.wait_for_dag(airflow.rest, "stand_in_author", file_name=stand_in.name, timeout_s=60)
    journey = road.start(airflow.rest, "stand_in_author", conf={"request": place.request(None)})
    journey.decide = lambda _asked: False
    journey.follow(timeout_s=60)

    assert journey.releases() == []
    assert journey.rejected == 1
    assert list(airflow.dags_folder.glob("stand_in_*.py")) == []


def test_a_file_that_cannot_be_imported_is_shown_with_its_traceback(airflow: LocalAirflow):
    broken = airflow.dags_folder / "broken_airflow_dag.py"
    broken.write_text("import airflow\nimport dag_that_is_not_there\n")
    try:
        with pytest.raises(road.RoadBlocked, match="No module named 'dag_that_is_not_there'"):
            road.wait_for_dag(airflow.rest, "broken", file_name=broken.name, timeout_s=60)
    finally:
        broken.unlink()


def test_a_person_may_think_longer_than_the_time_of_the_run(airflow: LocalAirflow, place: Workplace, stand_in):
    road.wait_for_dag(airflow.rest, "stand_in_author", file_name=stand_in.name, timeout_s=60)
    journey = road.start(airflow.rest, "stand_in_author", conf={"request": place.request(None)})
    journey.decide = lambda _asked: time.sleep(12) is not None
    journey.follow(timeout_s=10)

    assert journey.rejected == 1


def test_the_demo_variables_name_folders_in_the_home():
    folders = {name: value for name, value in demo_variables().items() if name.startswith("AIRFLOW__DAG_AGENT__")}
    assert all(value.startswith("file://{home}/") for value in folders.values())

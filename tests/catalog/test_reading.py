"""What the catalog reads from source: one fact per test, each in a made-up provider."""

from __future__ import annotations

import os

import pytest

from tests.catalog.trees import MAKE, Tree


def test_an_operator_is_known_with_its_parameters_as_written(tree: Tree) -> None:
    module = tree.operators(MAKE)

    operator = tree.catalog().get(f"{module}.MakeOperator")

    assert operator is not None
    assert [p[:4] for p in operator.parameters] == [
        ("what", "str | None", None, True),
        ("size", "int", "3", False),
        ("acme_conn_id", "str", '"acme_default"', False),
    ]
    assert (operator.kind, operator.distribution, operator.version) == ("operator", "acme", "1.0")
    assert operator.verified


def test_the_doc_is_the_first_paragraph_on_one_line(tree: Tree) -> None:
    module = tree.operators(MAKE)

    operator = tree.catalog().get(f"{module}.MakeOperator")

    assert operator is not None
    assert operator.doc == "Make a thing out of others."


def test_connection_and_template_fields_are_known(tree: Tree) -> None:
    module = tree.operators(MAKE)

    operator = tree.catalog().get(f"{module}.MakeOperator")

    assert operator is not None
    assert operator.conn_ids == ("acme_conn_id",)
    assert operator.template_fields == ("what", "acme_conn_id")


def test_nothing_of_a_provider_is_imported(tree: Tree) -> None:
    module = tree.operators(MAKE + "\n    raise SystemExit('imported')\n")

    assert tree.catalog().get(f"{module}.MakeOperator") is not None


def test_parameters_are_inherited_across_files(tree: Tree) -> None:
    tree.operators(MAKE)
    module = tree.operators(
        """
        from .make import MakeOperator as Parent

        class MoreOperator(Parent):
            template_fields = ("more", *Parent.template_fields)

            def __init__(self, *, more: bool = False, **kwargs):
                super().__init__(**kwargs)
        """,
        module="operators/more",
    )

    operator = tree.catalog().get(f"{module}.MoreOperator")

    assert operator is not None
    assert [(p.name, p.inherited) for p in operator.parameters] == [
        ("more", False),
        ("what", True),
        ("size", True),
        ("acme_conn_id", True),
    ]
    assert operator.template_fields == ("more", "what", "acme_conn_id")


def test_an_argument_that_a_class_fills_itself_is_not_taken(tree: Tree) -> None:
    module = tree.operators(
        MAKE
        + """
    class FixedOperator(MakeOperator):
        def __init__(self, **kwargs):
            super().__init__(what="thing", **kwargs)
    """
    )

    assert tree.catalog().problems(f"{module}.FixedOperator", {"what": "x"}) == [
        "FixedOperator has no argument 'what'; it has size, acme_conn_id."
    ]


def test_a_name_taken_out_of_kwargs_is_an_argument(tree: Tree) -> None:
    module = tree.operators(
        MAKE
        + """
    class OldOperator(MakeOperator):
        def __init__(self, **kwargs):
            if "thing" in kwargs:
                kwargs["what"] = kwargs.pop("thing")
            super().__init__(**kwargs)
    """
    )

    assert tree.catalog().problems(f"{module}.OldOperator", {"thing": "x", "what": "y"}) == []


def test_a_constructor_without_kwargs_takes_no_task_arguments(tree: Tree) -> None:
    module = tree.operators(
        """
        from airflow.sdk import BaseNotifier

        class PlainNotifier(BaseNotifier):
            def __init__(self, text: str):
                super().__init__()

            def notify(self, context):
                ...
        """,
        module="notifications/plain",
    )

    operator = tree.catalog().get(f"{module}.PlainNotifier")

    assert operator is not None
    assert (operator.kind, operator.takes_task_parameters, operator.required) == (
        "notifier",
        False,
        ("text",),
    )


def test_a_class_below_the_sensor_base_is_a_sensor(tree: Tree) -> None:
    module = tree.operators(
        """
        from airflow.sdk import BaseSensorOperator

        class ThingSensor(BaseSensorOperator):
            def poke(self, context):
                ...
        """,
        module="sensors/thing",
    )

    operator = tree.catalog().get(f"{module}.ThingSensor")

    assert operator is not None
    assert operator.kind == "sensor"
    assert [p.name for p in operator.parameters] == ["poke_interval"]


def test_a_class_with_the_direction_in_its_name_is_a_transfer(tree: Tree) -> None:
    module = tree.operators(MAKE.replace("MakeOperator", "AcmeToRustOperator"))

    operator = tree.catalog().get(f"{module}.AcmeToRustOperator")

    assert operator is not None
    assert operator.kind == "transfer"


def test_both_paths_of_a_re_exported_class_lead_to_it(tree: Tree) -> None:
    module = tree.operators(MAKE)
    tree.write("acme/operators/__init__.py", "from acme.operators.make import MakeOperator\n")
    tree.write(
        "airflow/operators/__init__.py",
        "__deprecated_classes = {'make': {'MakeOperator': 'acme.operators.M'}}",
    )
    tree.operators("from acme.operators import MakeOperator as M\n", module="operators/m")

    catalog = tree.catalog()

    assert catalog.get("acme.operators.MakeOperator") is catalog.get(f"{module}.MakeOperator")
    assert catalog.get("acme.operators.m.M") is catalog.get(f"{module}.MakeOperator")


def test_an_old_path_in_airflows_table_of_moved_classes_leads_to_the_new_one(tree: Tree) -> None:
    module = tree.operators(MAKE)
    table = f"__deprecated_classes = {{'make': {{'MakeOperator': '{module}.MakeOperator'}}}}"
    tree.write("airflow/operators/__init__.py", table)

    operator = tree.catalog().get("airflow.operators.make.MakeOperator")

    assert operator is not None
    assert operator.path == f"{module}.MakeOperator"


def test_the_branch_of_the_installed_airflow_version_counts(tree: Tree) -> None:
    tree.operators(MAKE)
    tree.write("acme/old.py", "class MakeOperator: ...\n")
    module = tree.operators(
        """
        if not AIRFLOW_V_3_0_PLUS:
            from acme.old import MakeOperator as Parent
        else:
            from acme.operators.make import MakeOperator as Parent

        class NewOperator(Parent):
            ...
        """,
        module="operators/new",
    )

    operator = tree.catalog().get(f"{module}.NewOperator")

    assert operator is not None
    assert operator.required == ("what",)


UNREADABLE = {
    "computed template fields": "    template_fields = tuple(name for name in ALL)",
    "a decorated constructor": "    @filled\n            def __init__(self, **kwargs): ...",
    "kwargs handed on changed": "    def __init__(self, **kwargs): super().__init__(**changed(kwargs))",
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_decided_at_run_time_is_unverified_not_missing(tree: Tree, body: str) -> None:
    module = tree.operators(MAKE + f"\n    class DynamicOperator(MakeOperator):\n        {body}\n")

    operator = tree.catalog().get(f"{module}.DynamicOperator")

    assert operator is not None
    assert not operator.verified


def test_a_class_whose_base_is_not_installed_takes_any_argument(tree: Tree) -> None:
    module = tree.operators("from elsewhere import Base\n\nclass FarOperator(Base):\n    ...\n")

    catalog = tree.catalog()

    operator = catalog.get(f"{module}.FarOperator")
    assert operator is not None
    assert not operator.verified
    assert catalog.problems(f"{module}.FarOperator", {"anything": 1}) == []


def test_a_class_that_leaves_its_work_to_subclasses_is_a_base_class(tree: Tree) -> None:
    module = tree.operators("from airflow.sdk import BaseOperator\n\nclass ThingOperator(BaseOperator):\n    ...\n")

    assert "base class" in tree.catalog().problems(f"{module}.ThingOperator", {})[0]


def test_a_registered_decorator_takes_what_its_operator_takes(tree: Tree) -> None:
    tree.operators(MAKE)
    decorator = {"class-name": "acme.decorators.make.make_task", "name": "make"}
    tree.write("acme/info.py", f"def get():\n    return {{'task-decorators': [{decorator!r}]}}\n")
    tree.write(
        "acme/decorators/make.py",
        """
        from acme.operators.make import MakeOperator

        class _Decorated(MakeOperator):
            def __init__(self, *, python_callable, **kwargs):
                super().__init__(**kwargs)

        def make_task(python_callable=None, **kwargs):
            return task_decorator_factory(python_callable, decorated_operator_class=_Decorated, **kwargs)
        """,
    )

    operator = tree.catalog().get("acme.decorators.make.make_task")

    assert operator is not None
    assert (operator.name, operator.kind) == ("task.make", "decorator")
    assert [p.name for p in operator.parameters] == ["what", "size", "acme_conn_id"]


@pytest.mark.parametrize("damage", [b"class Broken(", b"\x00", b"# coding: latin-1\n\xe9 = (\n", b"\xff\xfe"])
def test_a_module_that_cannot_be_parsed_is_left_out_with_a_warning(
    tree: Tree, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    module = tree.operators(MAKE)
    tree.write("acme/operators/broken.py", damage)

    catalog = tree.catalog()

    assert catalog.left_out == ("acme.operators.broken",)
    assert catalog.get(f"{module}.MakeOperator") is not None
    assert "acme.operators.broken" in caplog.text


def test_classes_that_are_each_others_base_do_not_hang_it(tree: Tree) -> None:
    module = tree.operators("from .b import B\n\nclass A(B): ...\n", module="operators/a")
    tree.operators("from .a import A\n\nclass B(A): ...\n", module="operators/b")

    assert tree.catalog().get(f"{module}.A") is None


def test_an_invalid_escape_in_a_provider_is_not_our_warning(tree: Tree) -> None:
    module = tree.operators(MAKE + "\n    PATTERN = '\\d'\n")

    assert tree.catalog().get(f"{module}.MakeOperator") is not None


def test_an_editable_install_is_read_where_it_is(tree: Tree) -> None:
    tree.write("project/src/beta/operators/b.py", MAKE.replace("Make", "Beta"))
    tree.write("project/src/beta/info.py", "")
    tree.distribution("beta", "0.1", "[apache_airflow_provider]\nprovider_info = beta.info:get\n")
    url = f'{{"url": "{(tree.root / "project").as_uri()}", "dir_info": {{"editable": true}}}}'
    tree.write("beta-0.1.dist-info/direct_url.json", url)

    assert tree.catalog().get("beta.operators.b.BetaOperator") is not None


def test_an_editable_install_that_changed_is_read_anew(tree: Tree) -> None:
    tree.write("project/beta/info.py", "")
    file = tree.write("project/beta/operators/b.py", "")
    tree.distribution("beta", "0.1", "[apache_airflow_provider]\nprovider_info = beta.info:get\n")
    url = f'{{"url": "{(tree.root / "project").as_uri()}", "dir_info": {{"editable": true}}}}'
    tree.write("beta-0.1.dist-info/direct_url.json", url)
    assert tree.catalog().get("beta.operators.b.BetaOperator") is None

    tree.write("project/beta/operators/b.py", MAKE.replace("Make", "Beta"))
    os.utime(file, (2_000_000_000, 2_000_000_000))

    assert tree.catalog().get("beta.operators.b.BetaOperator") is not None


def test_a_class_written_for_when_an_import_fails_gives_way_to_the_imported_one(tree: Tree) -> None:
    module = tree.operators(MAKE)
    tree.operators(
        """
        try:
            from acme.operators.make import MakeOperator
        except ImportError:
            class MakeOperator: ...
        """,
        module="operators/optional",
    )

    operator = tree.catalog().get("acme.operators.optional.MakeOperator")

    assert operator is not None
    assert operator.path == f"{module}.MakeOperator"

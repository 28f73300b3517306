"""Golden requests: tests/requests/<name>/{request.txt, plan.json}; UPDATE_GOLDEN=1 rewrites the plans."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

CASES = sorted(path.parent for path in (Path(__file__).parent.parent / "requests").glob("*/request.txt"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_request_gives_its_plan(case, plan):
    made = plan((case / "request.txt").read_text().strip()).model_dump(mode="json")
    expected = case / "plan.json"

    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n")

    assert made == json.loads(expected.read_text())


def test_the_same_words_give_the_same_bytes(plan, reference):
    assert plan(reference).sha256 == plan(reference).sha256

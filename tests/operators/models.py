"""Output types of the operator tests, at module scope as XCom needs them."""

from __future__ import annotations

from pydantic import BaseModel


class Finding(BaseModel):
    table: str
    rows: int


class Analysis(BaseModel):
    summary: str
    findings: list[Finding]

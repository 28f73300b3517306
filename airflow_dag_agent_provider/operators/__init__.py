"""Operators: the faces of the rooms below. Import them from their modules; none imports pydantic_ai at parse time."""

"""Values read back from JSON."""

from mailcore.model import AuthReport, JsonObject, Security


def auth_of(fields: JsonObject) -> AuthReport:
    """The authentication report with these fields."""
    return AuthReport(**_with_tuples(fields))  # type: ignore[arg-type] # written from the same fields


def security_of(fields: JsonObject) -> Security:
    """The guard's verdict with these fields."""
    return Security(**_with_tuples(fields))  # type: ignore[arg-type] # written from the same fields


def _with_tuples(fields: JsonObject) -> dict[str, object]:
    """JSON has no tuples. Fields that an older program did not write keep their defaults."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }

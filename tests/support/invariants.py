"""The last line of store and system tests."""

from mailcore.store.ports import Stores


async def check_invariants(stores: Stores) -> None:
    """Fail with every broken invariant of the store, files and offsets included."""
    violations = await stores.check.check(deep=True)
    assert not violations, "\n".join(f"{one.invariant}: {one.message}" for one in violations)

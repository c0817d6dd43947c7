"""What a load balancer is told."""

from pathlib import Path

from tests.support.running import running


async def test_a_server_without_room_is_alive_but_not_ready(tmp_path: Path) -> None:
    """/readyz says why; /healthz has nothing to do with it. Neither needs a key."""
    async with running(tmp_path, sections={"storage": {"min_free_bytes": 2**60}}) as server:
        async with server.http.get("/readyz") as answer:
            expected = {"status": "unavailable", "reason": "the disk is nearly full"}
            assert (answer.status, await answer.json()) == (503, expected)
        async with server.http.get("/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok"})

"""Orphans, processes whose parent has ended, become children of PID 1, which must collect them when they end."""

from tests.support.stack import Stack, run, wait_until

ORPHANS = 20


def assert_orphans_are_collected(stack: Stack, service: str) -> None:
    container = stack.containers(service)[0]
    # Each of these shells ends at once and leaves an orphan.
    script = f"for i in $(seq {ORPHANS}); do sh -c 'sleep 300 >/dev/null 2>&1 & echo $!'; done"
    orphans = run("docker", "exec", container, "sh", "-c", script).stdout.split()
    assert len(orphans) == ORPHANS
    with stack.observer(service, container) as observer:

        def parents() -> list[str]:
            """Parents of the orphans that exist, zombies included."""
            return observer.run(f"ps -o ppid= -p {','.join(orphans)}").stdout.split()

        assert parents() == ["1"] * ORPHANS
        run("docker", "exec", container, "sh", "-c", f"kill -9 {' '.join(orphans)}")
        wait_until(lambda: parents() == [], 10, "they are collected")

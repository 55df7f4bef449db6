"""An event loop in its own thread, so that clients keep running while a test stops containers."""

import asyncio
import threading
import traceback
from collections.abc import Coroutine
from typing import Self


class Background:
    """`with` starts the loop. At the end of the block the loop awaits `finish` and stops."""

    def __enter__(self) -> Self:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        try:
            self.wait_for(self.start(), 60)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.wait_for(self.finish(), 60)
        finally:
            self.stop()

    def wait_for[T](self, work: Coroutine[object, object, T], seconds: float) -> T:
        """Runs `work` in the loop and returns its result; fails after `seconds`."""
        try:
            return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)
        except Exception as error:
            # As text: pytest would inspect the frames of a loop that has ended, and Python 3.13.5 crashes there.
            raise AssertionError("".join(traceback.format_exception(error))) from None

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.run_until_complete(self.cancel_the_rest())
        self.loop.close()

    async def cancel_the_rest(self) -> None:
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def start(self) -> None:
        """Runs before the `with` block begins."""

    async def finish(self) -> None:
        """Runs before the loop stops."""

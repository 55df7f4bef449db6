"""An event loop in a thread of its own, so that clients go on while a test stops containers."""

import asyncio
import threading
import traceback
from collections.abc import Coroutine
from typing import Self


class Background:
    """`with` starts the loop; at the end `finish` is awaited in it, and it stops."""

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
        """Runs `work` in the loop and returns what it does; fails after `seconds`."""
        try:
            return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)
        except Exception as error:
            # As text: pytest would look into the frames of a loop that has ended, at which Python 3.13.5 crashes.
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
        """What has to be there before the `with` block begins."""

    async def finish(self) -> None:
        """What has to be done before the loop stops."""

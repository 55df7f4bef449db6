"""manage.py roll_call: the roll call of /async/roll-call/ from a shell."""

import json

from asgiref.sync import async_to_sync
from django.core.management.base import BaseCommand

from gateway.roll_call import ask_every_gateway


class Command(BaseCommand):
    help = "Ask every gateway for its identity."
    # The command needs neither a database nor anything that system checks examine.
    requires_system_checks = ()

    def handle(self, *args: object, **options: object) -> None:
        # A command is synchronous, the client is not. async_to_sync runs an event loop until the coroutine is done. In
        # a thread where a loop already runs it raises, because it would block that loop: use await there.
        # rooms/management/commands/say.py has the decorator.
        answers = async_to_sync(ask_every_gateway)()
        self.stdout.write(json.dumps(answers, indent=2))

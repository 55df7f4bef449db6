"""manage.py roll_call: the roll call of /async/roll-call/ from a shell."""

import json

from asgiref.sync import async_to_sync
from django.core.management.base import BaseCommand

from gateway.roll_call import ask_every_gateway


class Command(BaseCommand):
    help = "Ask every gateway who it is."
    # Needs neither a database nor anything that system checks look at.
    requires_system_checks = ()

    def handle(self, *args: object, **options: object) -> None:
        # A command is synchronous, the client is not: async_to_sync runs an event loop until the coroutine is done. It
        # refuses to where a loop runs already, because that would stop: there, await. rooms/management/commands/say.py
        # has the decorator.
        answers = async_to_sync(ask_every_gateway)()
        self.stdout.write(json.dumps(answers, indent=2))

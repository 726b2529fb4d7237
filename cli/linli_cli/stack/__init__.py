"""The stack of one machine: Postgres, a broker and the five services as child processes; started, watched, stopped.

Services are reached over HTTP only (`linli_cli.client`); what they do with their database and bus is their own matter.
"""

from linli_cli.stack.home import Home
from linli_cli.stack.options import StackOptions
from linli_cli.stack.stack import Stack
from linli_cli.stack.state_file import StackState

__all__ = ["Home", "Stack", "StackOptions", "StackState"]

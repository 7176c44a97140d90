"""What can keep the demo from running; each message is one line for a person."""

from __future__ import annotations


class DemoProblem(Exception):
    """The demo cannot start or go on; the message says why and what to do."""


class BadSetting(DemoProblem):
    """An environment variable holds something that cannot be used."""


class PortInUse(DemoProblem):
    """Another program listens where one of ours wants to."""


class DataFolderUnusable(DemoProblem):
    """The data folder cannot be written, or holds something else."""


class CommandFailed(DemoProblem):
    """One of the console commands that set up the demo company failed."""


class ProgramEnded(DemoProblem):
    """A program the demo started ended by itself, or never answered."""


class LabRefused(DemoProblem):
    """What the lab was asked for cannot be done; the message says why."""

"""Exceptions that a reader of cells raises if it has no value. The message says what was expected, or why."""


class Unreadable(ValueError):
    """A cell that cannot be read: its row is rejected. The message is what was expected instead."""


class LeftOut(Unreadable):
    """A cell that cannot be read and that no number depends on: it is empty, with a remark. The message says what is wrong with it."""


class SetAside(Unreadable):
    """A cell whose row is skipped and reported, although nothing is wrong with it. The message is the reason."""

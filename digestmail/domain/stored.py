"""Values that the store numbers: new ones have no id yet, stored ones have."""


class Stored:
    """A value with an ``id`` that is None until the store has given one."""

    __slots__ = ()
    id: int | None

    @property
    def stored_id(self) -> int:
        """Return the id that the store has given; ValueError if the value was never stored.

        A query for the row of a new value is a mistake in the program, never an empty answer.
        """
        if self.id is None:
            raise ValueError(f"this {type(self).__name__.lower()} is not stored and has no id")
        return self.id

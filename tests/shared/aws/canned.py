"""What is a wire that says one thing, whatever is asked?"""


class Canned:
    """An answer, or an exception instead of one; an order must not be repeated over it."""

    def __init__(self, outcome):
        self.outcome = outcome

    def request(self, *_, **options):
        assert not options["repeatable"]
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

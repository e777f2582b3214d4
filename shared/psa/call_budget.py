"""How many calls a piece of work may still make: PSAs count them, and other integrations live on the same limit."""


class BudgetSpent(Exception):
    """The next call would be one too many. It was not made. Clients catch this; it never leaves them."""


class CallBudget:
    def __init__(self, calls: int) -> None:
        self.left = calls

    def spend(self) -> None:
        """Count one call. Raises BudgetSpent if there is none left."""
        if self.left <= 0:
            raise BudgetSpent
        self.left -= 1

"""The reference model of `open_amount` for open items. Reads a case per line as JSON and prints the open amount of each."""
import json
import sys

FOREVER = 10**9


def open_amount(original, original_as_of, total, as_of, cash, adjustments, late_days=3):
    """The open amount of an invoice; days are integers.

    cash: (booking day, amount), returns negative. adjustments: (amount, day on which the source acknowledged the posting, or None).
    """
    def booked(after, until):
        return sum(amount for day, amount in cash if after < day <= until)
    recent = [amount for day, amount in cash if max(as_of - late_days, original_as_of) < day <= as_of]
    paid, returned = sum(a for a in recent if a > 0), -sum(a for a in recent if a < 0)
    pending = sum(amount for amount, posted in adjustments if posted is None or posted > as_of)
    posted = sum(amount for amount, posted in adjustments if posted is not None and original_as_of < posted <= as_of)
    gap = booked(original_as_of, as_of) + posted - (original - total)  # allocated, but not in the source's figure
    if pending and gap == -pending:  # the source shows the adjustments already
        return total - booked(as_of, FOREVER)
    return total - min(paid, max(-returned, gap)) - pending - booked(as_of, FOREVER)


for line in sys.stdin:
    print(open_amount(*json.loads(line)))

"""Leaving: what later slices end when somebody logs out, or is logged out, in the transaction of that.

leaving.connect(receiver)                 # receiver(session, user_id=…)
leaving.send(session, user_id=who.id)
"""

from blinker import Signal

leaving = Signal("Somebody logs out.")

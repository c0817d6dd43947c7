"""Rules: (rules, facts) → actions. Pure: no I/O, no clock, nothing remembered.

`rule` is what a rule is, `reading` makes one from JSON, `facts` is what is known of a message, and
`evaluate` says which rules match and why. What follows is done elsewhere: on arrival in the
transaction of the delivery, at the door before mail leaves, or after an event of the journal.
"""

"""`countersign shell`: what an owner does all day, line by line, against the running server.

Not a second API: every command is a request or two with the caller's own key, and what the key may not
do the server refuses.
"""

"""The command line: every command prints for people, or one JSON document with `--json`.

Commands talk to the running server; they hold no mail logic of their own. Errors are one line on
stderr with the fix; the exit status is 2 for wrong use and 1 for a failed operation. Everything
heavy is imported inside the command that needs it, because agents call this program often.
"""

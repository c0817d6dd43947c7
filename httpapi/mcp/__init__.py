"""The Model Context Protocol over the table of operations: tools, resources, prompts.

A tool is a row of the table and nothing more, so a model can do what its key can do over HTTP and
not one thing beside it. Only `protocol` knows the SDK; it is imported when the first client comes.
"""

"""The HTTP edge: REST, OpenAPI and event streams over the services of the core.

Operations are rows of one table (`operations`); everything else serves that table.
"""

"""Mail that leaves: one door in, a queue, signatures, routes, and the client that delivers."""

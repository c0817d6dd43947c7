"""Load generators and what they measure: the same load on this server and on any other.

They speak the wire like strangers do and know nothing of the server's inside, except `deliver`,
which measures the store without sockets. Nothing here is imported by the product itself.
"""

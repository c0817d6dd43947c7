"""Mail as bytes and what the bytes mean (RFC 5322, 2045-2049, 3464, 6532).

Pure functions over bytes: no I/O, no clock, nothing remembered. Foreign input never raises, costs
linear time, and is never written back in another form than it came in.
"""

"""A MongoDB to test against: its wire protocol over TCP, with authentication and TLS, before mongomock's collections.

Real clients in real processes speak to it: pymongo, FireWorks' commands, potash. One command is carried out at a time,
so that each is atomic. What it cannot show is how MongoDB itself behaves: journal, replica sets, query planner.
"""

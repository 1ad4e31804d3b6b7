"""The archive: users, sessions, rooms and the history of messages in SQL.

Queries live in modules named after their table; each is a small async function that takes the
connection first and the time as an argument, so that the caller decides what is one transaction.
"""

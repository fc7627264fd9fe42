"""The commands that belong to no slice: the server, the database, and who may log in."""

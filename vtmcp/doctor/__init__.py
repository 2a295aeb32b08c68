"""`vtmcp doctor`: what is wrong between this server and its database, and what to change.

- `findings`: a finding, the checks in their order, the exit code
- `start`: settings and files, as the server reads them at its start
- `reaching`: name, connection and TLS, with the server's own dialling
- `asking`, `examination`: questions by the server's own client, and their order
- `certificates`, `access`, `product`, `versions`, `flags`, `data`, `clock`: judgements, all pure
- `report`, `command`: text or JSON, and the command line

Must not be here: a second way to reach the database. What doctor says must be what the server
would meet.
"""

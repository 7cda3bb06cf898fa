"""The command `pinpoint-voice`, which reads AWS and changes nothing.

`main.py` is the entry, and has the commands; each command reads through an `Account`, and returns a `Report`.
"""

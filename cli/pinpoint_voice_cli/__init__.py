"""The command `pinpoint-voice`, which reads AWS and changes nothing.

`__main__.py` is the entry, `main.py` has the commands; each command reads through an `Account`, and returns a
`Report`.
"""

"""Commands for whoever integrates with a running server: they speak its API as any client does.

api.py        a small client        listen.py     events as they happen, printed and forwarded
commands.py   the command line      trigger.py    makes an event happen for real
"""

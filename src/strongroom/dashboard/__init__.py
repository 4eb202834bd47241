"""Pages for the people who run an account, rendered on the server.

    app.py       the Starlette application: routes, errors, headers     routes.py    what a page needs before it runs
    visit.py     one request of somebody who is signed in               acting.py    an operation, its audit entry, the commit
    forms.py     a form's fields, and where it came from                rendering.py templates and what they may call
    pages_*.py   one module per area                                    templates/   static/

A page uses the operations the API uses, through a `Call` on the account. Nothing here is imported before the first page
is asked for, except `arrival`.
"""

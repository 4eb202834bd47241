"""What customers see: the pages on which they do what an intent asks, and what they agreed to and paid.

Server-rendered, without a script, a font or a picture from anywhere else. Whoever has an address may see its page: each
holds a token that nobody can guess.
"""

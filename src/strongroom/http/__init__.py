"""The edge: bytes in, bytes out. Decoding, authentication, idempotency, errors as JSON, the request log."""

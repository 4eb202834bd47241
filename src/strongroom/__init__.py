"""Strongroom: a self-hosted vault for payment credentials that speaks the Stripe API."""

__version__ = "0.1.0"

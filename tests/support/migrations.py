"""The migrations this program carries, for tests that expect all of them; that the list is right is a test of its own."""

MIGRATIONS = [
    "0001_founding",
    "0002_accounts",
    "0003_files",
    "0004_sources",
    "0005_mandates",
    "0006_configurations",
    "0007_intents",
    "0008_dashboard",
    "0009_webhooks",
    "0010_payments",
    "0011_confirmation_tokens",
    "0012_connect_money",
    "0013_sandbox_clocks",
    "0014_test_clocks",
    "0015_deliveries",
    "0016_disputes",
    "0017_ephemeral_keys",
    "0018_customer_sessions",
    "0019_file_links",
    "0020_sums",
]

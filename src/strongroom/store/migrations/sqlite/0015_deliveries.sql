-- The deliveries of one endpoint, newest first, for the dashboard: those of a platform's endpoint lie in many accounts.

CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint);

-- Nothing yet: the number is kept for tables that come with another change.
SELECT 1;

-- Nothing yet: the number is taken.
SELECT 1;

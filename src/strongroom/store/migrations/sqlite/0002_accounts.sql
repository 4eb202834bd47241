-- Nothing yet: the number belongs to accounts and persons. (A script without a statement is none to PostgreSQL.)
SELECT 1;

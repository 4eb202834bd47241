-- Nothing yet: the number belongs to uploaded files. (A script without a statement is none to PostgreSQL.)
SELECT 1;

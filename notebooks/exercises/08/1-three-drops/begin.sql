UPDATE users SET name = 'Ana Costa', first_name = NULL, last_name = NULL WHERE id = 1;
UPDATE users SET first_name = 'Benjamin' WHERE id = 2;
INSERT INTO address (id, address1, address2, city, country, postalcode)
VALUES (1, 'Mill Lane 7', 'Flat 3', 'Hull', 'UK', 'HU1 1AA'), (2, 'Rua do Sol 12', NULL, 'Porto', 'Portugal', '4000-001');

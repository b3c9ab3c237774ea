INSERT OR REPLACE INTO users (id, name, email, phone_number, address_id)
SELECT id, 'Ana Costa', email, phone_number, address_id FROM users WHERE id = 1;
UPDATE users SET first_name = 'Benjamin' WHERE id = 2;
INSERT OR REPLACE INTO address (id, address1, address2, city, country, postalcode)
VALUES (1, 'Mill Lane 7', 'Flat 3', 'Hull', 'UK', 'HU1 1AA'), (2, 'Rua do Sol 12', NULL, 'Porto', 'Portugal', '4000-001');

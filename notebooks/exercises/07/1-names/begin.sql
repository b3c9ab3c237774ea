UPDATE users SET name = 'Ben' WHERE id = 2;

UPDATE posts SET owner_id = CASE WHEN id <= 4 THEN 1 ELSE 4 END;

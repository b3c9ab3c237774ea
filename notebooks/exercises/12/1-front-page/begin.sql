UPDATE posts SET published = id IN (2, 5)

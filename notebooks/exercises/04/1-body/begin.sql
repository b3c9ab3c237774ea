UPDATE posts SET content = 'text of ' || title WHERE content = '';

"""What pages are made of: posts as cards, persons and groups, quotes, attachments, the composer and its choices."""

"""A person's own access: joining, signing in, apps, and the settings of her account, to its move or its end."""

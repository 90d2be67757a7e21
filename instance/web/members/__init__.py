"""What is read and done here every day: Home, posts, profiles, groups and their moderators, requests."""

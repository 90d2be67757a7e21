"""What everything from elsewhere passes, however it came: the facts are gathered, the policy is asked, posts are kept."""

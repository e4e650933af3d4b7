"""What `harness leaderboard check` looks at, each a function of a root that yields what is wrong."""

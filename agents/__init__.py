"""Who handles it: one file an agent (intake, policy, delivery), read top to bottom as the way of an article."""

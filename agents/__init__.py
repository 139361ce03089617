"""Who handles it: one file an agent (`intake`, `policy`, `delivery`), read top to bottom as the way of an article.

What delivery holds is apart: `delivery_partition` of one partition, `lines` in front of each endpoint. Intake asks
`reading`.
"""

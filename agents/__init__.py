"""Who handles it: one file an agent (`intake`, `policy`, `delivery`), read top to bottom as the way of an article.

Parts of delivery stand apart: what it holds of one partition (`delivery_partition`), the `lines` in front of each
endpoint, and what it writes (`delivery_outputs`). Intake asks `reading`.
"""

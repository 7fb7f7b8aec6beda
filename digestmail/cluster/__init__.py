"""Many workers on one PostgreSQL database: the day's jobs in a procrastinate queue.

The ledger keeps the truth and the steps are idempotent, so that a job that runs twice does nothing
twice. Nothing here is needed or imported on one machine.
"""

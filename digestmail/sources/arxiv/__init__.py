"""arXiv: its daily feed reconciled with OAI-PMH, its query API, taxonomy and calendar."""

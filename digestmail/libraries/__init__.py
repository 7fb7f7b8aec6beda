"""Libraries that people keep elsewhere: Zotero, and exports at public addresses."""

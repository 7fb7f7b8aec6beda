"""Profiles as the model sees them: papers that speak for and against them, and typed text."""

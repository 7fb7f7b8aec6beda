"""From scorers to picks: fusion, calibration, hard rules, diversity."""

"""DNS as the doctor reads it: SPF, DKIM and DMARC records."""

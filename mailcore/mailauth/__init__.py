"""Who sent this, and can it be proved: DKIM, SPF, DMARC and the header that reports them."""

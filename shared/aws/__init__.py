"""AWS without its SDK: signing, one small HTTP client, and the few calls this product makes."""

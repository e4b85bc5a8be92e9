"""Who gets into the block: fees, the public pool, the builder."""

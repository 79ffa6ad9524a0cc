"""The local proxy between a block's commands and the real APIs. It holds the credentials; the block never does."""

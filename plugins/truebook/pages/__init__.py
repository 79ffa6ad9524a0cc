"""Pages: the regions in Markdown, the views that fill them, and the escaping between the two."""

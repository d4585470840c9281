"""What tables show, as pure data: models keyed by uid, and how rows are aged, coloured, filtered and sorted."""

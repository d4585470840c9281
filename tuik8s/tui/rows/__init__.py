"""What tables show, as pure data: models keyed by uid; how rows are aged, toned, filtered, sorted."""

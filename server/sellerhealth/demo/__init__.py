"""The demo: four made-up sellers whose reports are written to files and imported like anybody's."""

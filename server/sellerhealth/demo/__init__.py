"""The demo: four made-up sellers, whose report files are generated and imported like any others."""

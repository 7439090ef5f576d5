"""How the bodies of downloads are sent: files, ranges of them, archives of many; knows no routes and no rights."""

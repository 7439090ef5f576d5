"""How the index follows the folders: what lies there is read, and whoever changes it is noticed; knows no wire."""

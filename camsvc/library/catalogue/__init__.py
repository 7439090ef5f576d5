"""The order of all files in memory, by which any page of any list is found at once; knows no file and no wire."""

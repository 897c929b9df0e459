"""ICC profiles (ICC.1:2022), which files of most formats can contain."""

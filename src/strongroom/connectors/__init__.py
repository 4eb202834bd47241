"""How money moves: what we ask of whoever moves it (`base`), and one who moves none (`sandbox`)."""

if a:
	b
        c
revision = "q"
down_revision = "p"depends_on = None

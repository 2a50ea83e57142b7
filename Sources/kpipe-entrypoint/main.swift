print("kpipe-entrypoint")

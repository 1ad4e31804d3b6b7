"""x"""
def write(folder, results): return []

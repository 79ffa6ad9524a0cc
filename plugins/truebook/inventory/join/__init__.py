"""From facts to components: which object belongs to which Application, which of them make one component,
and what the catalog says about it. `subjects.join` is the whole of it.
"""

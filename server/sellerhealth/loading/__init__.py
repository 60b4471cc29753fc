"""How one plugin is loaded: its code and source, what it contributes, its settings, and what is said when something is wrong."""

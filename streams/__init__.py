"""What flows: the Faust app, settings, topics, wire models, state, and the embedded broker."""

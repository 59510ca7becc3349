// Nothing is called: what this target is for runs before `main`.

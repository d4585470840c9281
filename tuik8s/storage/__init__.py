"""The store: etcd's role. See `Store`."""

"""What stands at the other end of camsvc: receivers, brokers, clients."""

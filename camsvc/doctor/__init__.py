"""``camsvc doctor``: looks at the machine and says what keeps camsvc from working well; changes nothing."""

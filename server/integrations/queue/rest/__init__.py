"""Operations of the browser queue, under /api/chat and /api/sse."""

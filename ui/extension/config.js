// The addresses that this copy works with. `deskhand extension` writes the second one.
export const CONFIG = {site: 'https://chatgpt.com', deskhand: 'http://127.0.0.1:8000'}

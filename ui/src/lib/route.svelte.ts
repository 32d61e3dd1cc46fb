/** Hash router: `#access/my-gpt` is the page "access" with "my-gpt" as its rest. */
import './api' // takes the token out of the address before it could be read as a page

export const HOME = 'overview'

function read(): { page: string; rest: string[] } {
  try {
    const [page, ...rest] = location.hash.slice(1).split('/').map(decodeURIComponent)
    return { page: page || HOME, rest }
  } catch { return { page: HOME, rest: [] } } // an address that somebody typed may be no address
}

export const route = $state(read())
addEventListener('hashchange', () => Object.assign(route, read()))

/** Goes to a page, such as `go('access', 'my-gpt')`. */
export function go(...parts: string[]): void { location.hash = parts.map(encodeURIComponent).join('/') }

/** Begins what takes time: returns a `go` for its end, which does nothing if the person has gone elsewhere meanwhile. */
export function goUnlessLeft(): typeof go {
  const begun = location.hash
  return (...parts) => { if (location.hash === begun) go(...parts) }
}

/** Link target: `<a href={to('access', 'my-gpt')}>`. */
export const to = (...parts: string[]): string => `#${parts.map(encodeURIComponent).join('/')}`

// What a page of another origin can try, all of it. Answers how each way went: "refused" where nothing came back that a page
// may read, "unseen" where it was sent and nobody knows, and otherwise what was read.
async ({ base, path, body, headers }) => {
  const url = base + path
  const told = {}
  const attempt = async (name, act) => {
    try {
      told[name] = await Promise.race([act(), new Promise((settle) => setTimeout(() => settle('refused'), 15000))])
    } catch {
      told[name] = 'refused'
    }
  }
  const read = (answer) => (answer.type === 'opaque' ? 'unseen' : String(answer.status))
  const loaded = (element, attributes) =>
    new Promise((settle) => {
      Object.assign(element, attributes, { onload: () => settle('loaded'), onerror: () => settle('refused') })
      document.documentElement.append(element)
    })
  const json = { ...headers, 'Content-Type': 'application/json' }
  const submit = (form, fields) => {
    const inputs = Object.entries(fields).map(([name, value]) => Object.assign(document.createElement('input'), { name, value }))
    const frame = Object.assign(document.createElement('iframe'), { name: `frame${Math.random()}` })
    document.documentElement.append(frame, form)
    form.append(...inputs)
    form.target = frame.name
    return new Promise((settle) => {
      frame.onload = () => settle('unseen')
      form.submit()
    })
  }
  const form = (attributes) => Object.assign(document.createElement('form'), { action: url, method: 'post', ...attributes })
  const [start, end] = [body.slice(0, -1) + ', "more": "', '"}']

  await Promise.all([
    attempt('fetch of JSON', async () => read(await fetch(url, { method: 'POST', headers: json, body }))),
    attempt('fetch with the cookie', async () => read(await fetch(url, { method: 'POST', headers: json, body, credentials: 'include' }))),
    attempt('simple fetch', async () => read(await fetch(url, { method: 'POST', body, credentials: 'include' }))),
    attempt('fetch without CORS', async () =>
      read(await fetch(url, { method: 'POST', mode: 'no-cors', body, headers, credentials: 'include' })),
    ),
    attempt('fetch that outlives the page', async () => read(await fetch(url, { method: 'POST', headers: json, body, keepalive: true }))),
    attempt('reading', async () => read(await fetch(`${base}/api/clients`, { headers }))),
    attempt('reading a document', async () => read(await fetch(`${base}/openapi.json`))),
    attempt('XMLHttpRequest', () =>
      new Promise((settle) => {
        const request = new XMLHttpRequest()
        request.open('POST', url)
        Object.entries(json).forEach(([name, value]) => request.setRequestHeader(name, value))
        request.onloadend = () => settle(request.status ? String(request.status) : 'refused')
        request.send(body)
      }),
    ),
    attempt('beacon', async () => (navigator.sendBeacon(url, new Blob([body], { type: 'text/plain' })), 'unseen')),
    attempt('beacon of JSON', async () => (navigator.sendBeacon(url, new Blob([body], { type: 'application/json' })), 'unseen')),
    attempt('form', () => submit(form({}), JSON.parse(body))),
    attempt('form of parts', () => submit(form({ enctype: 'multipart/form-data' }), JSON.parse(body))),
    attempt('form that looks like JSON', () => submit(form({ enctype: 'text/plain' }), { [start]: end })),
    attempt('form that gets', () => submit(form({ method: 'get' }), JSON.parse(body))),
    attempt('form for the way in', () => submit(form({ action: `${base}/enter` }), { key: 'guessed' })),
    attempt('picture', () => loaded(new Image(), { src: url })),
    attempt('script', () => loaded(document.createElement('script'), { src: `${base}/openapi.json` })),
    attempt('style', () => loaded(document.createElement('link'), { rel: 'stylesheet', href: `${base}/docs/style.css` })),
    attempt('WebSocket', () =>
      new Promise((settle) => {
        const socket = new WebSocket(url.replace('http', 'ws'))
        socket.onopen = () => settle('open')
        socket.onerror = () => settle('refused')
      }),
    ),
    attempt('EventSource', () =>
      new Promise((settle) => {
        const source = new EventSource(`${base}/api/events`, { withCredentials: true })
        source.onopen = () => settle('open')
        source.onerror = () => settle('refused')
      }),
    ),
  ])
  return told
}

// Pairing: the code that Deskhand's window shows becomes a key, once the person has confirmed it there.
import {local} from './storage.js'

const POLL = 2  // seconds
const CONFIRM = 900  // seconds until the person has confirmed, as long as Deskhand asks them
const HERE = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/

/** Pair with a code. `tell(text)`: what happens now. Returns {address, key}. */
export async function pair({address, code, name, browser}, tell) {
  const base = address.trim().replace(/\/+$/, '')
  if (!HERE.test(base)) throw new Error('Deskhand’s address is one of this computer, such as http://127.0.0.1:8000.')
  tell('Connecting to Deskhand…')
  let answer = await post(`${base}/ws/extension/pair`, {code, name, browser})
  tell('Confirm this browser in Deskhand’s window.')
  const end = Date.now() + CONFIRM * 1000
  while (!answer.key && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, POLL * 1000))
    answer = await post(`${base}/ws/extension/pair/${encodeURIComponent(answer.id)}`)
  }
  if (answer.key) return {address: base, key: answer.key, name}
  throw new Error('Nobody confirmed this browser. Ask for a new code.')
}

async function post(url, body = null) {
  let response
  try {
    response = await fetch(url, body ? {method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify(body)} : {})
  } catch {
    throw new Error('Deskhand does not answer there. Is it running, and is the address right?')
  }
  const answer = await response.json().catch(() => ({}))
  if (!response.ok) throw new Error(answer.detail ?? `Deskhand answered with status ${response.status}.`)
  return answer
}

/** Forget the pairing on this side. */
export const unpair = () => local.remove('pairing')

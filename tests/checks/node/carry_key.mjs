// Loaded before a program that has no option for it: every request it makes carries the key in DESKHAND_KEY.
import { subscribe } from 'node:diagnostics_channel'
import http from 'node:http'

const carried = `Bearer ${process.env.DESKHAND_KEY}`

// undici tells of its requests on the channel here, the one that comes with Node.js (fetch) and the one from npm alike.
subscribe('undici:request:create', ({ request }) => {
  const has = JSON.stringify(request.headers ?? '').toLowerCase().includes('authorization')
  if (!has) request.addHeader('authorization', carried)
})

const ask = http.request
http.request = (...given) => {
  const request = ask(...given)
  if (!request.hasHeader('authorization')) request.setHeader('authorization', carried)
  return request
}

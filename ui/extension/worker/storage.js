// What the extension remembers: the pairing, settings, and the requests that have not ended.

const RECORDS = 100  // of requests that have ended, so that none is taken for new

export const local = {
  read: async (name, otherwise = null) => (await chrome.storage.local.get(name))[name] ?? otherwise,
  write: (name, value) => chrome.storage.local.set({[name]: value}),
  remove: (name) => chrome.storage.local.remove(name),
}

/** Of this run of the browser: ids of tabs mean nothing in the next one. */
export const session = {
  read: async (name, otherwise = null) => (await chrome.storage.session.get(name))[name] ?? otherwise,
  write: (name, value) => chrome.storage.session.set({[name]: value}),
}

/** Requests by id. `phase`: "leased" (nothing was typed), "executing", "sent" (it may have been sent) or "ended".

`outcome`: until Deskhand has acknowledged it. `reported`: the token with which it was delivered. `skip`: messages of the person in the chat before this one. */
export class Records {
  #chain = Promise.resolve()

  async all() {
    return local.read('records', {})
  }

  async read(id) {
    return (await this.all())[id] ?? null
  }

  async open() {
    return Object.values(await this.all()).filter((record) => record.phase !== 'ended')
  }

  /** Change a record; changes are made one after the other, and are stored when this resolves. */
  write(id, change) {
    this.#chain = this.#chain.then(async () => {
      const records = await this.all()
      const record = {...records[id], ...change, request_id: id, at: Date.now()}
      delete records[id]
      records[id] = record.phase === 'ended' ? {request_id: id, phase: 'ended', at: record.at, reported: record.reported} : record
      await local.write('records', trim(records))
    })
    return this.#chain
  }
}

function trim(records) {
  const ended = Object.values(records).filter((record) => record.phase === 'ended').sort((left, right) => left.at - right.at)
  for (const record of ended.slice(0, Math.max(0, ended.length - RECORDS))) delete records[record.request_id]
  return records
}

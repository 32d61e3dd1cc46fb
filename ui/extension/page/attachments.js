// Files of a request: fetched from Deskhand in pieces, put into the page's file input, and sent only once the page has them.
import {notSent, refuseHeld} from './states.js'
import {TimedOut} from './watch.js'

const UPLOAD = 120  // seconds until the page has uploaded them

/** Fetch the files of a request. Rejects with "attachments_unavailable". */
export async function fetchFiles({request_id: id, attachments = []}, ask) {
  const files = []
  for (const [place, {name, content_type: type, size}] of attachments.entries()) {
    files.push(new File(await fetchParts({request_id: id, place}, name, size, ask), name, {type}))
  }
  return files
}

async function fetchParts(about, name, size, ask) {
  const parts = []
  for (let offset = 0; offset < size; offset += parts.at(-1).length) {
    const {data} = await ask('attachment', {...about, offset}).catch(() => ({data: ''}))
    if (!data) throw notSent('attachments_unavailable', `Deskhand did not hand over ${name}.`)
    parts.push(Uint8Array.from(atob(data), (character) => character.charCodeAt(0)))
  }
  return parts
}

/** Put files into the page and wait until it has them. Rejects with "attachments_unavailable" or "attachments_refused". */
export async function attach(page, watch, files) {
  if (!files.length) return
  const input = page.findHidden('upload')
  if (!input || (files.length > 1 && !input.multiple)) throw notSent('attachments_unavailable', 'The page does not take these files.')
  const transfer = new DataTransfer()
  for (const file of files) transfer.items.add(file)
  input.files = transfer.files
  input.dispatchEvent(new Event('change', {bubbles: true}))
  try {
    await watch.until(() => isUploaded(page, files.length), UPLOAD)
  } catch (error) {
    throw error instanceof TimedOut ? notSent('attachments_refused', 'The page did not upload the files in time.') : error
  }
}

function isUploaded(page, count) {
  refuseHeld(page)
  const refusal = page.findNotice('upload_failed')
  if (refusal) throw notSent('attachments_refused', refusal)
  return page.all('attachment').length === count && !page.find('uploading')
}

/** Reject unless exactly so many files are in the page's editor: neither fewer, nor any of the person's own. */
export function requireFiles(page, count) {
  if (page.all('attachment').length !== count) throw notSent('attachments_changed', 'The files in the page’s editor are not those of this message.')
}

// Look whether a message is in the chat, before anything is sent again.
import {findMessage, waitForAnswer} from './answer.js'
import {Refused} from './link.js'
import {openPage} from './run.js'
import {TimedOut} from './watch.js'

const LOAD = 15  // seconds until the messages of a chat are there
const SILENCE = 30  // seconds after which an answer that is not being written is not waited for

/** Look for a message: {state: "answered", text, …}, {state: "sent"} or {state: "not_sent"}.

`skip`: the number of messages that the person had in the chat before this one. Rejects with "find_failed" if it cannot be known. */
export async function find({document, watch, loading, job, report, progress, note}) {
  const {message, chat_id: chatId, skip} = job.request
  const page = await openPage(document, watch, loading, chatId)
  const locate = () => findMessage(page, message, skip)
  try {
    await watch.until(locate, LOAD)
  } catch (error) {
    if (!(error instanceof TimedOut)) throw error
    if (page.failure || page.all('user').length < Math.max(skip, 1)) throw new Refused('find_failed', 'The messages of the chat are not shown.')
    return {state: 'not_sent'}
  }
  try {
    return {state: 'answered', notes: [], ...(await waitForAnswer({page, watch, locate, report, progress, note, silence: SILENCE}))}
  } catch (error) {
    if (['no_answer', 'page_error'].includes(error.name)) return {state: 'sent', chat_id: page.chatId}
    throw error
  }
}

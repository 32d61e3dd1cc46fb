// The popup, which is the options page too: pairing, state, pause.

const part = (id) => document.getElementById(id)
const ask = (action, more = {}) => chrome.runtime.sendMessage({action, ...more})

const STATES = {
  ready: 'Connected and ready',
  no_tab: 'Connected and ready',
  paused: 'Paused',
  signed_out: 'ChatGPT is signed out',
  challenge: 'ChatGPT wants to check that you are human',
  two_answers: 'ChatGPT asks which answer you prefer',
  continue_generating: 'ChatGPT asks whether to continue an answer',
  limit: 'You reached ChatGPT’s limit',
  unknown_layout: 'ChatGPT’s page has changed',
}
const CONNECTIONS = {off: 'Deskhand is not connected', connecting: 'Connecting to Deskhand…', refused: 'Deskhand refused this browser'}
const HELP = {
  signed_out: 'Sign in to ChatGPT in the work tab. Deskhand continues by itself.',
  challenge: 'Answer it in the work tab. Deskhand continues by itself.',
  two_answers: 'Choose one in the work tab. Deskhand continues by itself.',
  continue_generating: 'Decide in the work tab. Deskhand continues by itself.',
  unknown_layout: 'Nothing is sent until a newer version of this extension knows the page.',
}

function describe({connection, detail, page, busy}) {
  if (connection !== 'ready') return [CONNECTIONS[connection], detail]
  if (page.state === 'limit' && page.resets_at) return [STATES.limit, `Deskhand waits until ${new Date(page.resets_at).toLocaleString()}.`]
  if (page.missing.length) return [STATES[page.state], `Not found: ${page.missing.join(', ')}. ${HELP[page.state] ?? ''}`]
  if (busy && page.state === 'ready') return ['Working in its tab', '']
  return [STATES[page.state] ?? page.state, HELP[page.state] ?? page.detail]
}

function describeHistory({count, total, done, paused, skipped, problem, seconds_left: seconds}) {
  const far = total === null || done ? `${count}` : `${count} of ${total}`
  const begin = done ? 'History imported' : paused ? 'Import paused' : 'Importing history'
  const left = done || paused || seconds === null ? '' : ` About ${lasting(seconds)} left.`
  const tooLong = skipped ? ` ${skipped} are too long and were left out.` : ''
  return `${begin}: ${far} conversations.${left}${tooLong} ${problem}`.trim()
}

function lasting(seconds) {
  const minutes = Math.ceil(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

function showHistory(history) {
  part('import').hidden = !history
  if (!history) return
  part('history').textContent = describeHistory(history)
  const bar = part('imported')
  if (history.total === null) bar.removeAttribute('value')
  else Object.assign(bar, {max: Math.max(history.total, 1), value: history.count})
  for (const id of ['imported', 'pause-import', 'stop-import']) part(id).hidden = history.done
  part('pause-import').textContent = history.paused ? 'Resume import' : 'Pause import'
}

async function show() {
  const status = await ask('status')
  const [state, detail] = status.paired ? describe(status) : ['Not paired yet', '']
  part('version').textContent = status.version
  part('state').textContent = state
  part('detail').textContent = detail
  part('skew').hidden = !status.wantedVersion || status.wantedVersion === status.version
  part('skew').textContent = `Deskhand has version ${status.wantedVersion} of this extension. Run “deskhand extension”, replace the folder and reload it.`
  part('controls').hidden = !status.paired
  part('pairing').hidden = status.paired && status.connection !== 'refused'
  part('pause').textContent = status.settings.paused ? 'Resume' : 'Pause'
  part('window').checked = status.settings.place === 'window'
  showHistory(status.history)
  part('progress').textContent = status.pairing.text
  if (!part('address').value) part('address').value = status.address
  return status
}

function act(id, event, perform) {
  part(id).addEventListener(event, async (fired) => {
    fired.preventDefault()
    await perform(fired)
    await show()
  })
}

act('pause', 'click', async () => ask((await ask('status')).settings.paused ? 'resume' : 'pause'))
act('pause-import', 'click', async () => ask((await ask('status')).history.paused ? 'resumeImport' : 'pauseImport'))
act('stop-import', 'click', () => ask('stopImport'))
act('take-back', 'click', () => ask('takeBack'))
act('unpair', 'click', () => ask('unpair'))
act('window', 'change', ({target}) => ask('place', {place: target.checked ? 'window' : 'tab'}))
act('test', 'click', async () => {
  part('result').textContent = 'Testing…'
  const test = await ask('selfTest')
  part('result').textContent = test.ok ? `The page is known (layout ${test.layout}, language ${test.language}).` : `Not found: ${test.missing.join(', ')}.`
})
act('pairing', 'submit', () => ask('pair', {address: part('address').value, code: part('code').value, name: part('name').value}))

part('name').value = `${navigator.userAgentData?.brands.findLast(({brand}) => !/not.?a.?brand/i.test(brand))?.brand ?? 'Browser'} on ${navigator.userAgentData?.platform ?? 'this computer'}`
await show()
setInterval(show, 1000)

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

function describeHistory(history) {
  if (!history) return ''
  const far = history.total ? `${history.count} of ${history.total}` : `${history.count}`
  const skipped = history.skipped ? ` ${history.skipped} are too long and were left out.` : ''
  return `${history.done ? 'History imported' : 'Importing history'}: ${far} conversations.${skipped} ${history.problem}`
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
  part('history').textContent = describeHistory(status.history)
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
